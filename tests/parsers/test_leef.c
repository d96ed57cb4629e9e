/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LEEF: headers, delimiters told and guessed, damage. */
#include "tests/parsers/body.h"

static struct body_test t;

#define V2                                                                                         \
    "leef: version=2.0|device_vendor=V|device_product=P|device_version=1|device_event_class_id=E"
#define V1                                                                                         \
    "leef: version=1.0|device_vendor=V|device_product=P|device_version=1|device_event_class_id=E"

static void delimiters(void)
{
    static const char *const cases[][2] = {
        {"LEEF:1.0|V|P|1|E|src=192.0.2.1\tmsg=a b c\tx=y=z", V1 ";src=192.0.2.1|msg=a b c|x=y=z"},
        {"LEEF:1.0|V|P|1|E|", V1},
        {"LEEF: 2.0|V|P|1|E|a=b\tc=d|", V2 ";a=b|c=d|"},
        {"LEEF:2.0|V|P|1|E||a=b\tc=d", V2 "|delimiter=;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|^|a=b^c=d e=f", V2 "|delimiter=^;a=b|c=d e=f"},
        {"LEEF:2.0|V|P|1|E|0x5E|a=b^c=d", V2 "|delimiter=^;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|x7c|a=b|c=d", V2 "|delimiter=|;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|||a=b|c=d", V2 "|delimiter=|;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|\\x5e|a=b^c=d", V2 "|delimiter=^;a=b|c=d"},
        /* IBM's own example, the broken bar: as it is, by its number, by its byte */
        {"LEEF:2.0|V|P|1|E|\xC2\xA6|a=b\xC2\xA6"
         "c=d",
         V2 "|delimiter=\xC2\xA6;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|xa6|a=b\xC2\xA6"
         "c=d",
         V2 "|delimiter=\xC2\xA6;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|0xA6|a=b\xA6"
         "c=d",
         V2 "|delimiter=\xA6;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|\xC2\xA6x|a=b\tc=d", V2 ";a=b|c=d"},
        {"LEEF:2|V|P|1|E|^|a=b^c=d",
         "leef: version=2|device_vendor=V|device_product=P|device_version=1|"
         "device_event_class_id=E|delimiter=^;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|x08|a=b\bc=d", V2 "|delimiter=\b;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|;|a=b;=c;d", V2 "|delimiter=;;a=b|_text==c|_text=d"},
        {"LEEF:1.0|V|P|1|E|a=b\tc=d #015#012", V1 ";a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|WRONG|a=b\tc=d", V2 ";a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|x00|a=b\tc=d", V2 ";a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|a=b#011c=d#011 e=f", V2 ";a=b|c=d|e=f"},
        {"LEEF:2.0|V|P|1|E|sev=6 cn1=3 cn1Label=Host ID\tmsg=said user=x",
         V2 ";sev=6|cn1=3|cn1Label=Host ID|msg=said user=x"},
        {"LEEF:1.0|V|P|1|E|a=b c=d two words e=f", V1 ";a=b|c=d two words|e=f"},
        {"LEEF:1.0|V|P|1|E|cat=T|Type=U|usr=|x=y", V1 ";cat=T|Type=U|usr=|x=y"},
        {"LEEF:2.0|V|P|1|E|filePath=C:\\\\T\\\\new.exe\tmsg=a\\nb",
         V2 ";filePath=C:\\T\\new.exe|msg=a\nb"},
        {"LEEF:2.0|V|P|1|E|words\ta=b", V2 ";_text=words|a=b"},
        {"<13>Oct 11 22:14:15 two words LEEF:1.0|V|P|1|E|a=b", V1 ";a=b"},
        {"LEEF:1.0|V|P|1|E|a=b x.y-z_1=c", V1 ";a=b|x.y-z_1=c"},
        {"LEEF:1.0|V|P|1|E|a=b x[=c", V1 ";a=b x[=c"},
        {"LEEF:1.0|V|P|1|E|a=b|c", V1 ";a=b|c"},
        {"LEEF:1.0|V|P|1|E|a=b|c=d", V1 ";a=b|c=d"},
        {"LEEF:1.0|V|P|1|E|a=b\tc=d e=f G=h", V1 ";a=b|c=d e=f G=h"},
        {"LEEF:1.0|V|P|1|E|a=b\tc=d eX=f", V1 ";a=b|c=d|eX=f"},
        {"LEEF:2.0|V|P|1|E||", V2 "|delimiter="},
        {"LEEF:2.0|V|P|1|E|0X5E|a=b^c=d", V2 "|delimiter=^;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|x5g|a=b\tc=d", V2 ";a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|x5Z|a=b\tc=d", V2 ";a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|x5E|a=b^c=d", V2 "|delimiter=^;a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|x1FF|a=b\tc=d", V2 ";a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|0x12345|a=b\tc=d", V2 ";a=b|c=d"},
        {"LEEF:2.0|V|P|1|E|_a|a=b\tc=d", V2 ";a=b|c=d"},
        {"LEEF:1.0|V|P|1|E|a=b\t=\tc=d", V1 ";a=b|_text==|c=d"},
        {"LEEF:1.0|V|P|1|E|a=b\t_x=\tc=d", V1 ";a=b|c=d"},
        {"<13>Oct 11 22:14:15 h tag:LEEF:1.0|V|P|1|E|a=b", V1 ";a=b"},
        {"<13>1 - h a p m - \xEF\xBB\xBFLEEF:1.0|V|P|1|E|a=b", V1 ";a=b"},
        {"<13>Oct 11 22:14:15 two words\t LEEF:1.0|V|P|1|E|a=b", V1 ";a=b"},
        /* A relay took the format's name for a program's. */
        {"<13>1 - h LEEF - - - 1.0|V|P|1|E|a=b\tc=d", V1 ";a=b|c=d"},
        {"<13>1 - h LEEF - - -  2.0|V|P|1|E|^|a=b^c=d|e^f=g", V2 "|delimiter=^;a=b|c=d|e|f=g"},
        {"<13>1 - h LEEF - - - 2.0.1|V|P|1|E|a=b", "text:"},
        {"<13>1 - h LEEF - - - 2.0", "text:"},
        {"<13>1 - h leef - - - 1.0|V|P|1|E|a=b", "text:"},
        {"LEEF:   1.0|V|P|1|E|a=b", "text:"},
        {"LEEF:x.0|V|P|1|E|a=b", "text:"},
        {"xLEEF:1.0|V|P|1|E|a=b", "text:"},
        {"LEEF:1.|V|P|1|E|a=b", "text:"},
        {"LEEF:12|V|P|1|E|a=b", "text:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        UNIT_TEXT(body_read(&t, slice_from(cases[i][0])), cases[i][1]);
        CU_ASSERT_EQUAL(t.status, PARSE_OK);
    }
}

static void cut_header(void)
{
    UNIT_TEXT(body_read(&t, SLICE("LEEF:1.0|V|P")),
              "leef: version=1.0|device_vendor=V|device_product=P");
    CU_ASSERT_EQUAL(t.status, PARSE_MALFORMED);
    CU_ASSERT_PTR_NOT_NULL(t.fields.error);
}

static void damage(void)
{
    static const char *const texts[] = {
        "LEEF:2.0|V|P|1|E|0x5E|a=b\\\\^c=d^words^=x^filePath=C:\\n",
        "LEEF:2|V|P|1|E|\xC2\xA6|a=b\xC2\xA6x=d\xC2",
        "LEEF:1.0|V|P|1|E|a=b#011c=d sev=6 cn1=3\tx",
    };
    body_damage(&t, texts, 3);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"delimiters", delimiters},
                                        {"cut header", cut_header},
                                        {"damage", damage},
                                        CU_TEST_INFO_NULL};
    int status = unit_run("leef", tests);
    body_free(&t);
    return status;
}
