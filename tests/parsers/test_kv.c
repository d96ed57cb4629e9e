/* SPDX-License-Identifier: GPL-3.0-or-later */
/* key=value lists. */
#include "tests/parsers/body.h"

static struct body_test t;

static void lists(void)
{
    static const char *const cases[][2] = {
        {"date=2026-11-24 time=04:05:06 devname=\"fw 1\" msg=\"said \\\"x\\\" in C:\\\\t\"",
         "kv: date=2026-11-24|time=04:05:06|devname=fw 1|msg=said \"x\" in C:\\t"},
        {"<189>date=2026-11-24 time=10: 13:03 a=b", "kv: date=2026-11-24|time=10: 13:03|a=b"},
        {"<134>Oct 11 22:14:15 h id=firewall sn=1 n=\"\" m=", "kv: id=firewall|sn=1|n=|m="},
        {"a=1, b=2, c=3", "kv: a=1|b=2|c=3"},
        {"a=1;b=2 words;  c=3;", "kv: a=1|b=2 words|c=3;"},
        {"date=2026-11-24,time=04:05:06,msg=\"x,y=z\",pri=info, user=a b=c,ui=http(192.0.2.1)",
         "kv: date=2026-11-24|time=04:05:06|msg=x,y=z|pri=info|user=a b=c|ui=http(192.0.2.1)"},
        /* A value with a list of its own does not turn the line's. */
        {"user=CN=a,OU=b,DC=c x=1 y=2 z=3 w=4", "kv: user=CN=a,OU=b,DC=c|x=1|y=2|z=3|w=4"},
        {"x=1 y=2 user=CN=a,OU=b z=3#015#012", "kv: x=1|y=2|user=CN=a,OU=b|z=3"},
        {"a=\"b,c=d,e=f,g=h\" i=j k=l", "kv: a=b,c=d,e=f,g=h|i=j|k=l"},
        {"a= b= c=", "kv: a=|b=|c="},
        {"a=,b=,c=", "kv: a=|b=|c="},
        {"a=\"1\", b=\"2\"; c=\"3\" tail of words d=4", "kv: a=1|b=2|c=3|_text=tail of words|d=4"},
        {"a=b,c=d", "text:"},
        {"a=b c=d", "text:"}, /* two pairs are no list */
        {"word a=b c=d e=f", "text:"},
        /* Bars, as Check Point's exporter writes for Splunk; one within a value is the value's. */
        {"time=1|action=Drop|name=CN\\=a,O\\=b|words=c d|id={1,2}", "kv: time=1|action=Drop|"
                                                                    "name=CN\\=a,O\\=b|words=c d|"
                                                                    "id={1,2}"},
        {"a=1|2|b=|c=3|d=\"4|e=5\"|", "kv: a=1|2|b=|c=3|d=4|e=5"},
        {"a=b c=d e=\"cut", "kv: a=b|c=d|e=cut"},
        {"a=http://h/?x=y&z=w b=c d=e", "kv: a=http://h/?x=y&z=w|b=c|d=e"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        UNIT_TEXT(body_read(&t, slice_from(cases[i][0])), cases[i][1]);
        CU_ASSERT_EQUAL(t.status, PARSE_OK);
    }
}

static void damage(void)
{
    static const char *const texts[] = {
        "a=b c=\"d \\\" e\" f=g h words \"q\" i=\"\\", "a=\"\" b=\"\"; c=, d=e\tf=g",
        "a=b,c=\"d,e=f\\\"\", g=h;,i=,j", "a=b|c=d|e=\"f|g=h\"|i=|j"};
    body_damage(&t, texts, 4);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"lists", lists}, {"damage", damage}, CU_TEST_INFO_NULL};
    int status = unit_run("kv", tests);
    body_free(&t);
    return status;
}
