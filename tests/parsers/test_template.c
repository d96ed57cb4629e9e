/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Templates as OfficeScan's administrators have them, and texts they made. */
#include "gateway/base/buf.h"
#include "parsers/template.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

static const struct template_variable officescan[] = {
    {"v", "malware"}, {"s", "host"},   {"m", "domain"}, {"p", "path"}, {"y", "time"},
    {"a", "result"},  {"CV", "count"}, {"CC", "hosts"}, {"C", "logs"}, {"A", "exceeded"},
};
enum { N_VARIABLES = sizeof officescan / sizeof *officescan };

/* "name=value;..." of a match, "-" for none, "!" for a template that does not compile. */
static struct slice match(const char *form, struct slice text, struct buf *out)
{
    struct field v[16];
    struct template *t = template_compile(slice_from(form), officescan, N_VARIABLES, NULL);
    buf_clear(out);
    bool is_ambiguous = false;
    int n = t ? template_match(t, text, v, 16, &is_ambiguous) : 0;
    if (!t || n < 0)
        buf_append(out, t ? "-" : "!", 1);
    for (int i = 0; i < n; i++)
        buf_printf(out, "%.*s=%.*s;", SLICE_FMT(v[i].name), SLICE_FMT(v[i].value));
    if (is_ambiguous)
        buf_byte(out, '?');
    template_free(t);
    return buf_get(out);
}

#define DEFAULT "Virus/Malware: %v Computer: %s Domain: %m File: %p Date/Time: %y Result: %a"

static void matches(void)
{
    static const struct {
        const char *form, *text, *expected;
    } cases[] = {
        {DEFAULT,
         "Virus/Malware: Eicar_test_file Computer: PC 7 Domain: W\\G File: C:\\a b\\c.exe "
         "Date/Time: 2026/11/24 4:05:06 Result: Cleaned",
         "malware=Eicar_test_file;host=PC 7;domain=W\\G;path=C:\\a b\\c.exe;time=2026/11/24 "
         "4:05:06;result=Cleaned;"},
        {DEFAULT,
         "Virus/Malware: X\r\nComputer: PC1\r\nDomain: \r\nFile: f\r\nDate/Time: t\r\nResult: "
         "Unable to clean file\r\n",
         "malware=X;host=PC1;path=f;time=t;result=Unable to clean file;"},
        {DEFAULT, "Virus/Malware:  Computer: PC1 Domain: D File: f Date/Time: t Result:",
         "host=PC1;domain=D;path=f;time=t;"},
        {DEFAULT,
         "Virus/Malware: 病毒 Computer: 电脑 Domain: D File: f Date/Time: t Result: 已清除",
         "malware=病毒;host=电脑;domain=D;path=f;time=t;result=已清除;"},
        {DEFAULT, "Spyware/Grayware: X Computer: PC1 Domain: D File: f Date/Time: t Result: r",
         "-"},
        {DEFAULT, "Re: Virus/Malware: X Computer: PC1 Domain: D File: f Date/Time: t Result: r",
         "-"},
        {DEFAULT, "Virus/Malware: X Computer: PC1", "-"},
        {"Number of viruses: %CV Number of computers: %CC Log Type Exceeded: %A Number of logs: %C",
         "Number of viruses: 120 Number of computers: 14 Log Type Exceeded: Virus Number of logs: "
         "0",
         "count=120;hosts=14;exceeded=Virus;logs=0;"},
        {"At %y, found on computer %m%s: virus %v, location: %p. Action: %a.",
         "At 10:00, found on computer W\\PC1: virus X, location: C:\\a.b\\c. Action: Clean. Again.",
         "time=10:00;host=W\\PC1;malware=X;path=C:\\a.b\\c;result=Clean. Again;"},
        {"%v,%s,%zunknown,%a", "X,PC1,00:11:22:33:44:55unknown,Cleaned",
         "malware=X;host=PC1;result=Cleaned;"},
        /* A label inside a value: the shortest values are taken, and the doubt is told. */
        {DEFAULT,
         "Virus/Malware: X Computer: PC1 Domain: D File: f Date/Time: 1 Result: Cleaned Date/Time: "
         "2 Result: Passed",
         "malware=X;host=PC1;domain=D;path=f;time=1;result=Cleaned Date/Time: 2 Result: Passed;?"},
        {DEFAULT,
         "Virus/Malware: X Computer: PC1 Domain: D File: f Date/Time: 1 Date/Time: 2 Result: r",
         "malware=X;host=PC1;domain=D;path=f;time=1 Date/Time: 2;result=r;?"},
        {DEFAULT, "Virus/Malware: X Computer: Computer: D Domain: E File: f Date/Time: 1 Result: r",
         "malware=X;host=Computer: D;domain=E;path=f;time=1;result=r;?"},
        /* Here a label cannot be the true one: what follows it does not follow. */
        {DEFAULT,
         "Virus/Malware: X Virus/Malware: Y Computer: PC1 Domain: D File: f Result: r Date/Time: 1 "
         "Result: s",
         "malware=X Virus/Malware: Y;host=PC1;domain=D;path=f Result: r;time=1;result=s;"},
        {"100%% sure: %v", "100% sure: X", "malware=X;"},
        {"%v %s end", "X PC1 end", "malware=X;host=PC1;"},
        {"virus %v", "virus", ""},
        {"virus %v ", "virus X Y", "malware=X Y;"}, /* a blank at the end asks for nothing */
        {" %v end", "X end", "malware=X;"},
        {"virus: %v %s", "virus: X", "malware=X;"},
        {"virus: %v %s", "virus: X PC 1", "malware=X;host=PC 1;"},
        {"two words: %v", "two", "-"},
        {"two words: %v", "two\t\r\nwords: X", "malware=X;"},
        {"two words: %v", "twowords: X", "-"},
        {"in [%v] end", "in [X] end Y", "-"},
        {"in %v[", "in X[", "malware=X;"},
        {"%[%v%{ %s", "%[X%{ PC1", "malware=X;host=PC1;"}, /* no letter: no variable */
        {"no variable", "no variable", "!"},
        {"%v", "x", "!"},
        {"%z text", "x text", "!"},
        {"", "", "!"},
    };
    struct buf out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        UNIT_TEXT(match(cases[i].form, slice_from(cases[i].text), &out), cases[i].expected);
    buf_free(&out);
}

static void bounds(void)
{
    struct buf form = {0};
    const char *error = NULL;
    for (int i = 0; i < 40; i++)
        buf_printf(&form, "k%d %%v ", i);
    CU_ASSERT_PTR_NULL(template_compile(buf_get(&form), officescan, N_VARIABLES, &error));
    CU_ASSERT_PTR_NOT_NULL(error);
    /* One piece too many, be it a text or a variable. */
    for (int more = 0; more < 4; more++) {
        buf_clear(&form);
        for (int i = 0; i < TEMPLATE_PIECES_MAX / 2 - 1; i++)
            buf_append(&form, "x%v", 3);
        buf_append(&form, "x%vx%v", more == 0 ? 1 : more == 1 ? 3 : more == 2 ? 4 : 6);
        struct template *t = template_compile(buf_get(&form), officescan, N_VARIABLES, &error);
        CU_ASSERT_EQUAL(t != NULL, more < 2);
        CU_ASSERT_EQUAL(error != NULL, more >= 2);
        template_free(t);
    }
    buf_clear(&form);
    for (int i = 0; i < TEMPLATE_PIECES_MAX - 1; i++)
        buf_append(&form, "%v", 2);
    buf_append(&form, "x%v", 3);
    CU_ASSERT_PTR_NULL(template_compile(buf_get(&form), officescan, N_VARIABLES, &error));
    CU_ASSERT_PTR_NOT_NULL(error);
    buf_clear(&form);
    buf_reserve(&form, TEMPLATE_BYTES_MAX + 8);
    while (form.n <= TEMPLATE_BYTES_MAX)
        buf_append(&form, "x%v", 3);
    CU_ASSERT_PTR_NULL(template_compile(buf_get(&form), officescan, N_VARIABLES, NULL));
    buf_free(&form);
    /* No room for all fields: those that fit. */
    struct field v[2];
    struct template *t = template_compile(SLICE(DEFAULT), officescan, N_VARIABLES, NULL);
    CU_ASSERT_EQUAL(
        template_match(
            t, SLICE("Virus/Malware: a Computer: b Domain: c File: d Date/Time: e Result: f"), v, 2,
            NULL),
        2);
    template_free(t);
}

static void touch(struct slice s, void *context)
{
    match(DEFAULT, s, context);
}

static void touch_form(struct slice s, void *context)
{
    (void)context;
    template_free(template_compile(s, officescan, N_VARIABLES, NULL));
}

static void damage(void)
{
    struct guard g = guard_new(256);
    struct buf out = {0};
    struct slice text =
        SLICE("Virus/Malware: X Computer: PC1\r\nDomain: D File: f Date/Time: t Result: r ");
    guard_truncate(&g, text, touch, &out);
    guard_flip(&g, text, touch, &out);
    guard_truncate(&g, SLICE(DEFAULT "%CV%%%"), touch_form, NULL);
    guard_flip(&g, SLICE(DEFAULT "%CV%%%"), touch_form, NULL);
    buf_free(&out);
    guard_free(&g);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"matches", matches},
        {"bounds", bounds},
        {"damage", damage},
        CU_TEST_INFO_NULL,
    };
    return unit_run("template", tests);
}
