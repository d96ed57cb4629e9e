/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control Manager's event notifications. */
#include "tests/parsers/body.h"

static struct body_test t;

static void pairs(void)
{
    static const char *const cases[][2] = {
        {"TMCM:SLF_INCIDENT_EVT_X Security product=\"OfficeScan\" Event time=\"2016/4/5 18:10:48\" "
         "User=\"\\\\PC-1\"",
         "tmcm: event=SLF_INCIDENT_EVT_X;Security product=OfficeScan|Event time=2016/4/5 "
         "18:10:48|User=\\\\PC-1"},
        {"<134>Oct 11 22:14:15 h TMCM:EVT_Y C&C risk level =\"3\" Source IP=\"\"",
         "tmcm: event=EVT_Y;C&C risk level=3|Source IP="},
        {"SLF_INCIDENT_EVT_X Virus=\"a\"b\" Grayware/Spyware=\"x\"",
         "tmcm: event=SLF_INCIDENT_EVT_X;Virus=a\"b|Grayware/Spyware=x"},
        {"TMCM:EVT_Y", "tmcm: event=EVT_Y"},
        {"TMCM:EVT_Y no pairs here", "tmcm: event=EVT_Y;_text=no pairs here"},
        {"TMCM:EVT_Y Virus=\"cut he", "tmcm: event=EVT_Y;Virus=cut he"},
        {"TMCM:", "text:"},
        {"SLF_ is no event", "text:"},
        {"EVT_Y: text", "text:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        UNIT_TEXT(body_read(&t, slice_from(cases[i][0])), cases[i][1]);
        CU_ASSERT_EQUAL(t.status, PARSE_OK);
    }
}

static void damage(void)
{
    static const char *const texts[] = {"TMCM:EVT_Y C&C url =\"http://h/?a=b\" Source IP=\"\" x",
                                        "EVT_Y A=\"b\" C=\"d"};
    body_damage(&t, texts, 2);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"pairs", pairs}, {"damage", damage}, CU_TEST_INFO_NULL};
    int status = unit_run("tmcm", tests);
    body_free(&t);
    return status;
}
