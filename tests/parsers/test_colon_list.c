/* SPDX-License-Identifier: GPL-3.0-or-later */
/* [key:"value"; key:"value"] lists. */
#include "tests/parsers/body.h"

static struct body_test t;

static void lists(void)
{
    static const char *const cases[][2] = {
        {"<134>1 2026-03-02T08:00:00Z fw1 CheckPoint 1 - [action:\"Drop\"; src:\"192.0.2.1\"; ]",
         "kv: form=colon-list;action=Drop|src=192.0.2.1"},
        {"<134>1 2026-03-02 08:00:00 fw1 CheckPoint 1 - [a:\"1\"; text::\"two; words\"]",
         "kv: form=colon-list;a=1|text=two; words"},
        {"<134> 2026-03-02T08:00:00 fw1 CheckPoint 1 - [a:\"1\"; b:\"2\"]",
         "kv: form=colon-list;a=1|b=2"},
        /* What a value says stays in it. */
        {"[user:\"x\\\"; src:\\\"192.0.2.9\"; src:\"192.0.2.1\"; policy:\"tag=[a\\]\"; ]",
         "kv: form=colon-list;user=x\"; src:\"192.0.2.9|src=192.0.2.1|policy=tag=[a]"},
        {"[a:\"\"; b:\"C:\\\\t\"] and more", "kv: form=colon-list;a=|b=C:\\t|_text=and more"},
        {"[a:\"1\"; b:\"2\"", "kv: form=colon-list;a=1|b=2"},
        {"[12:34] text", "text:"},
        {"[a:\"1\"]", "text:"}, /* one pair is no list */
        {"x[a:\"1\"; b:\"2\"]", "text:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        UNIT_TEXT(body_read(&t, slice_from(cases[i][0])), cases[i][1]);
}

/* What came before the damage is there, the rest as text. */
static void torn(void)
{
    UNIT_TEXT(body_read(&t, SLICE("[a:\"1\"; b:\"2\"; c:\"cut")),
              "kv: form=colon-list;a=1|b=2|_text=c:\"cut");
    CU_ASSERT_EQUAL(t.status, PARSE_MALFORMED);
    CU_ASSERT_EQUAL(t.fields.error_at, 15);
}

static void damage(void)
{
    static const char *const texts[] = {
        "<134>1 2026-03-02T08:00:00Z h CheckPoint 1 - [a:\"1\"; b::\"\\\"\\]\\\\\"; c:\"\"; ] rest",
        "[a:\"1\";b:\"2\"]"};
    body_damage(&t, texts, 2);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"lists", lists}, {"torn", torn}, {"damage", damage}, CU_TEST_INFO_NULL};
    int status = unit_run("colon_list", tests);
    body_free(&t);
    return status;
}
