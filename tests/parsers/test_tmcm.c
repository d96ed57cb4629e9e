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
        /* rsyslog's forward formats put a blank behind what they take for a tag. */
        {"<134>Oct 11 22:14:15 h TMCM: EVT_Y A=\"b\"", "tmcm: event=EVT_Y;A=b"},
        {"TMCM: ", "text:"},
        {"TMCM:EVT_Y no pairs here", "tmcm: event=EVT_Y;_text=no pairs here"},
        {"TMCM:EVT_Y Virus=\"cut he", "tmcm: event=EVT_Y;Virus=cut he"},
        /* A quote ends the value only where another pair or nothing follows. */
        {"TMCM:EVT_Y File path=\"C:\\a\" b\" Result=\"x\"",
         "tmcm: event=EVT_Y;File path=C:\\a\" b|Result=x"},
        {"TMCM:EVT_Y A=\"x\"  y\"\" B=\"z\"", "tmcm: event=EVT_Y;A=x\"  y\"|B=z"},
        {"TMCM:EVT_Y A=\"x\" tail", "tmcm: event=EVT_Y;A=x|_text=tail"},
        {"TMCM:EVT_Y A=  \"x\" B =\"y\"", "tmcm: event=EVT_Y;A=x|B=y"},
        {"TMCM:EVT_Y A=\"x\"\tB =\"y\"\r\nC=\"z\"", "tmcm: event=EVT_Y;A=x|B=y|C=z"},
        {"TMCM:EVT_1y A=\"x\"", "text:"},
        {"TMCM:EVT_Y A=   ", "tmcm: event=EVT_Y;_text=A="},
        {"TMCM:", "text:"},
        {"SLF_ is no event", "text:"},
        {"EVT_Y: text", "text:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        UNIT_TEXT(body_read(&t, slice_from(cases[i][0])), cases[i][1]);
        CU_ASSERT_EQUAL(t.status, PARSE_OK);
    }
}

/* No product says a key twice: then a value holds text that looks like a pair, and nobody can say
 * which of the two was meant. */
static void doubles(void)
{
    static const char *const forged =
        "TMCM:EVT_Y Infected file=\"x\" Result=\"File cleaned\" File path=\"p\" "
        "Result=\"Unable to clean file\"";
    UNIT_TEXT(body_read(&t, slice_from(forged)), "tmcm: event=EVT_Y;Infected file=x|Result=File "
                                                 "cleaned|File path=p|Result=Unable to clean file");
    CU_ASSERT_EQUAL(t.status, PARSE_MALFORMED);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t.fields.error);
    CU_ASSERT_EQUAL(t.fields.error_at, slice_search(slice_from(forged), SLICE("Result=\"Unable")));
    /* Keys are compared whole. */
    body_read(&t, SLICE("TMCM:EVT_Y Source=\"a\" Source IP=\"b\" source=\"c\""));
    CU_ASSERT_EQUAL(t.status, PARSE_OK);
}

static void damage(void)
{
    static const char *const texts[] = {"TMCM:EVT_Y C&C url =\"http://h/?a=b\" Source IP=\"\" x",
                                        "EVT_Y A=\"b\" C=\"d"};
    body_damage(&t, texts, 2);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"pairs", pairs}, {"doubles", doubles}, {"damage", damage}, CU_TEST_INFO_NULL};
    int status = unit_run("tmcm", tests);
    body_free(&t);
    return status;
}
