/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person may get wrong in a mapping: each mistake at its line, and in words that say what to
 * do; and the bounds that keep a set of mappings small. */
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/mapping/program.h"
#include "gateway/xml/document.h"
#include "tests/support/mapping_folder.h"
#include "tests/support/unit.h"

static struct mapping_folder folder;

/* Whether "name:line: ...text..." is among the mistakes. */
static bool has_mistake(const char *name, int line, const char *text)
{
    for (size_t i = 0; i < folder.diag.n; i++) {
        const struct diag_item *item = &folder.diag.items[i];
        const char *file = strrchr(item->file, '/');
        if (item->line == line && strstr(item->text, text) && file && strcmp(file + 1, name) == 0)
            return true;
    }
    printf("\n    wanted %s:%d: %s; there is:\n", name, line, text);

    return false;
}

/* The parts stand from line 2 on. */
struct mistake {
    const char *parts;
    int line;
    const char *text;
};

#define RULE(inner) "<rule name=\"r\"><match code=\"1\"/>" inner "</rule>"
#define TABLE       "<table name=\"t\"><row key=\"a\" value=\"b\"/></table>\n"

static void check(const struct mistake *mistakes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mapping_folder_put_box(&folder, mistakes[i].parts);
        CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
        CU_ASSERT_TRUE(has_mistake("box.xml", mistakes[i].line, mistakes[i].text));
    }
}
#define CHECK(mistakes) check(mistakes, sizeof(mistakes) / sizeof *(mistakes))

#define CSV(attributes, sign)                                                                      \
    "<recognise format=\"csv\" " attributes ">\n" sign "</recognise>" RULE("")

#define SIGN(between)                                                                              \
    "<recognise format=\"csv\" delimiter=\"" between                                               \
    "\"><key name=\"1\" value=\"a\"/></recognise>\n"

static void columns(void)
{
    static const struct mistake mistakes[] = {
        {CSV("", "<starts>a</starts>"), 2, "needs delimiter=: 'tab', or 1 to 8 bytes"},
        {CSV("delimiter=\"123456789\"", "<starts>a</starts>"), 2, "needs delimiter="},
        {CSV("delimiter=\",\" columns=\"1\"", "<starts>a</starts>"), 2, "numbers from 2 to 256"},
        {CSV("delimiter=\",\" columns=\"9\" columns-max=\"8\"", "<starts>a</starts>"), 2,
         "the smaller first"},
        {CSV("delimiter=\",\" columns-max=\"257\"", "<starts>a</starts>"), 2, "numbers from 2"},
        {CSV("delimiter=\",\"", "<contains> </contains>"), 3, "<contains>: holds no word"},
        {CSV("delimiter=\",\"", "<product>a</product>"), 3, "<product> says nothing of a line"},
        {CSV("delimiter=\",\"", "<key name=\"0\" value=\"a\"/>"), 3,
         "a column's number from 1 to 16"},
        {CSV("delimiter=\",\"", "<key name=\"17\" value=\"a\"/>"), 3, "a column's number"},
        {CSV("delimiter=\",\"", "<key name=\"a\" value=\"a\"/>"), 3, "a column's number"},
        {CSV("delimiter=\",\"", "<key name=\"4\"/>"), 3, "and value= what it holds"},
        {CSV("delimiter=\",\"", "<key name=\"4\" value=\"a\"/>\n<key name=\"4\" value=\"A\"/>"), 4,
         "'A' is recognised by this mapping already"},
        {"<recognise format=\"csv\" delimiter=\",\"><starts>a</starts></recognise>"
         "<recognise format=\"text\">\n<starts>a</starts></recognise>" RULE(""),
         3, "'a' is recognised by this mapping already"},
        {"<recognise format=\"text\" delimiter=\",\"><starts>a</starts></recognise>" RULE(""), 2,
         "belong to format='csv'"},
        {"<recognise format=\"text csv\"><starts>a</starts></recognise>" RULE(""), 2,
         "stands alone"},
        {SIGN("1") SIGN("2") SIGN("3") SIGN("4") SIGN("5") SIGN("6") SIGN("7") SIGN("8") SIGN("9")
             RULE(""),
         10, "more than 8 delimiters are in use"},
        {RULE("<time from=\"1\" clock=\"\"/>"), 2, "clock"},
    };
    CHECK(mistakes);
}

static void names(void)
{
    static const struct mistake mistakes[] = {
        {RULE("\n<set field=\"host.nam\" from=\"a\"/>"), 3, "the schema has no field 'host.nam'"},
        {"<rule name=\"r\" kind=\"malware.fund\"><match code=\"1\"/></rule>", 2,
         "no kind is named 'malware.fund'"},
        {RULE("<kind is=\"malware.fund\"/>"), 2, "no kind is named 'malware.fund'"},
        {"<rule name=\"r\" kind=\"alert.raised\"><match code=\"1\"/></rule>", 2,
         "'alert.raised' is what the gateway itself says"},
        {RULE("<kind is=\"gateway.config\"/>"), 2,
         "'gateway.config' is what the gateway itself says"},
        {"<table name=\"k\"><row key=\"1\" kind=\"kpi.changed\"/></table>" RULE(""), 2,
         "'kpi.changed' is what the gateway itself says"},
        {"<rule name=\"r\" severity=\"bad\"><match code=\"1\"/></rule>", 2,
         "no severity is named 'bad'"},
        {RULE("<severity is=\"bad\"/>"), 2, "no severity is named 'bad'"},
        {RULE("") "\n" RULE(""), 3, "a rule named 'r' stands at line 2 already"},
        {"<block name=\"b\"/><block name=\"b\"/>" RULE("<use block=\"b\"/>"), 2, "'b' is named at"},
        {TABLE TABLE RULE(""), 3, "'t' is named at"},
        {RULE("<use block=\"b\"/>"), 2, "no block is named 'b'"},
        {RULE("<set field=\"action\" from=\"a\" table=\"t\"/>"), 2, "no table is named 't'"},
        {RULE("<if from=\"a\" table=\"t\"><drop from=\"a\"/></if>"), 2, "no table is named 't'"},
        {"<block name=\"b\"><drop from=\"a\"/></block>" RULE(""), 2, "'b' is used by nothing"},
        {TABLE RULE(""), 2, "'t' is used by nothing"},
        {TABLE RULE("\n<set field=\"action\" from=\"a\" table=\"t\" column=\"c\"/>"), 4,
         "table 't' has no column 'c'"},
        {TABLE RULE("<kind table=\"t\" from=\"a\"/>"), 3, "takes a column named 'kind'"},
        {RULE("<set field=\"action\" from=\"$x\"/>"), 2,
         "'$x' is set by no template and no <extract>"},
        {RULE("<set field=\"action\" from=\"@acton\"/>"), 2, "source '@acton': neither"},
        {RULE("<set field=\"action\" from=\"a\" as=\"lowercase\"/>"), 2,
         "no conversion is named 'lowercase'"},
        {RULE("<set field=\"source.ip\" from=\"a\" differs-from=\"host.if\"/>"), 2,
         "differs-from: the schema has no field 'host.if'"},
    };
    CHECK(mistakes);
}

static void types(void)
{
    static const struct mistake mistakes[] = {
        {RULE("<set field=\"event.count\" value=\"many\"/>"), 2, "'many' is no number"},
        {RULE("<set field=\"event.count\" from=\"a\" else=\"many\"/>"), 2, "'many' is no number"},
        {RULE("<set field=\"event.count\" from=\"a\" as=\"lower\"/>"), 2,
         "as='lower' gives a text, which this field does not take"},
        {RULE("<set field=\"action\" from=\"a\" as=\"version\"/>"), 2,
         "as='version' gives a number, which this field does not take"},
        {RULE("<set field=\"action\" from=\"a\" add=\"1\"/>"), 2, "add: takes a number"},
        {TABLE RULE("<set field=\"event.count\" from=\"a\" table=\"t\"/>"), 3,
         "table 't' gives 'b' for event.count, which takes a number"},
        {"<table name=\"t\"><row key=\"a\" kind=\"x.y\"/></table>" RULE(
             "<kind table=\"t\" from=\"a\"/>"),
         2, "no kind is named 'x.y'"},
        {"<table name=\"t\"><row key=\"a\" severity=\"x\"/></table>" RULE(
             "<severity table=\"t\" from=\"a\"/>"),
         2, "no severity is named 'x'"},
        {RULE("<if from=\"a\" min=\"5\" max=\"4\"><drop from=\"a\"/></if>"), 2,
         "min is greater than max: never true"},
        {"<rule name=\"r\"><match from=\"9\" to=\"1\"/></rule>", 2, "the smaller first"},
    };
    CHECK(mistakes);
}

static void shapes(void)
{
    static const struct mistake mistakes[] = {
        {"<table name=\"t\"><row value=\"b\"/></table>" RULE(
             "<set field=\"action\" from=\"a\" table=\"t\"/>"),
         2, "a row needs key=, prefix= or contains="},
        {"<table name=\"t\"><row key=\"a\" value=\"b\"/>\n<row key=\"x|A\" "
         "value=\"c\"/></table>" RULE("<set field=\"action\" from=\"a\" table=\"t\"/>"),
         3, "key 'A' stands in this table before"},
        {"<table name=\"t\"><row key=\"a||b\" value=\"c\"/></table>" RULE(
             "<set field=\"action\" from=\"a\" table=\"t\"/>"),
         2, "a key between '|' is empty"},
        {"<table name=\"t\"><row key=\"a\" b=\"1\" c=\"2\" d=\"3\" e=\"4\" f=\"5\" g=\"6\" h=\"7\" "
         "i=\"8\" j=\"9\"/></table>" RULE("<set field=\"action\" from=\"a\" table=\"t\" "
                                          "column=\"b\"/>"),
         2, "a table has at most 8 columns"},
        {RULE("<set field=\"action\" from=\"a||b\"/>"), 2, "a source between '|' is empty"},
        {RULE("<if from=\"a\" equals=\"x\"/>"), 2, "<if> guards nothing"},
        {RULE("<extract from=\"a\"> </extract>"), 2, "<extract> holds no regular expression"},
        {RULE("<extract from=\"a\">x+</extract>"), 2, "<extract> needs a named group"},
        {RULE("<extract from=\"a\">(?'x'[</extract>"), 2, "regular expression, at its character"},
        {RULE("<if from=\"a\" matches=\"(\"><drop from=\"a\"/></if>"), 2,
         "regular expression, at its character 2"},
        {RULE("<extract from=\"a\">(?'x'a)\\C</extract>"), 2, "regular expression"},
        {RULE("<extract from=\"a\">(?'a'.)()()()()()()()()()()()()()()()()</extract>"), 2,
         "more than 15 groups"},
        {"<rule name=\"a\"><match code=\"1\"/></rule>\n<rule name=\"b\"><match code=\"1\"/></rule>",
         3, "rule 'b' is never reached here: rule 'a' (line 2) takes every such code first"},
        {"<rule name=\"a\"><match code=\"1\"/><match code=\"1\"/></rule>", 2,
         "rule 'a' has this match twice"},
        {"<rule name=\"a\"><match any=\"yes\"/><when from=\"x\" equals=\"1\"/></rule>\n"
         "<rule name=\"b\"><match any=\"yes\"/><when from=\"x\" equals=\"1\"/></rule>",
         3, "rule 'b' has the match and the conditions of rule 'a' (line 2)"},
        {"<rule name=\"a\"><match from=\"1\" to=\"5\"/></rule>\n"
         "<rule name=\"b\"><match from=\"5\" to=\"9\"/></rule>",
         3, "range 5 to 9 overlaps that of rule 'a'"},
        {"<common/>\n<common/>" RULE(""), 3, "stands at line 2 already"},
        {"<templates from=\"@body\" tokens=\"v\"><template code=\"c\">no token</template>"
         "</templates>" RULE(""),
         2, "the template has no variable that is known"},
        {"<templates from=\"@body\" tokens=\"v s\"><template code=\"c\">v %v</template>\n"
         "<template code=\"d\">v %v s %s</template></templates>" RULE(""),
         3, "is never reached: the template at line 2 takes every such text"},
        {"<code from=\"a|b|c|d|e|f|g|h|i\"/>" RULE(""), 2, "from: at most 8 sources"},
    };
    CHECK(mistakes);
}

/* What the schema of the documents says: at the element's line as well. */
static void documents(void)
{
    static const struct mistake mistakes[] = {
        {RULE("\n<sett field=\"action\" from=\"a\"/>"), 3, "sett"},
        {"\n\n<rule><match code=\"1\"/></rule>", 4, "rule"},
        {RULE("\n<set field=\"action\" value=\"\"/>"), 3, "set"},
        {RULE("\n<if from=\"a\"/>"), 3, "if"},
        {RULE("\n<else><drop from=\"a\"/></else>"), 3, "else"},
        {"<rule name=\"r\">", 3, ""},
        {"&nbsp;", 2, ""},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        mapping_folder_put_box(&folder, mistakes[i].parts);
        CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
        CU_ASSERT(folder.diag.n > 0);
        bool found = false;
        for (size_t k = 0; k < folder.diag.n; k++)
            found = found || folder.diag.items[k].line == mistakes[i].line;
        if (!found)

            CU_ASSERT_TRUE(found);
    }
}

/* Every mistake of every file in one run, and nothing loaded. */
static void all_at_once(void)
{
    mapping_folder_put_box(&folder, RULE("\n<set field=\"x\" from=\"a\"/>\n<kind is=\"y\"/>"));
    mapping_folder_put(&folder, "other/chest.xml",
                       "<mapping vendor=\"Other\" product=\"Chest\"><guide title=\"none\"/>\n"
                       "<recognise format=\"smoke\"><starts>x</starts></recognise></mapping>");
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT_EQUAL(folder.diag.n, 3);
    CU_ASSERT_TRUE(has_mistake("box.xml", 3, "no field 'x'"));
    CU_ASSERT_TRUE(has_mistake("box.xml", 4, "no kind is named 'y'"));
    CU_ASSERT_TRUE(has_mistake("chest.xml", 2, "no format is named 'smoke'"));
    mapping_folder_put(&folder, "other/chest.xml",
                       "<mapping vendor=\"Other\" product=\"Chest\"><guide title=\"none\"/>"
                       "<recognise format=\"text\"><starts>chest</starts></recognise></mapping>");
}

/* Two mappings, or one twice, may not say they know the same message. */
static void recognition(void)
{
    static const struct {
        const char *format, *sign, *text;
    } cases[] = {
        {"cef", "<vendor>Example</vendor><product>BOX!</product>", "recognised by example/box"},
        {"cef", "<trap oid=\"1.3.6\"/>", "<trap> belongs to format='varbinds'"},
        {"varbinds", "<trap oid=\"1.3..6\"/>", "'1.3..6' is no OID"},
        {"varbinds", "<trap under=\"1.3.x\"/>", "'1.3.x' is no OID"},
        {"text", "<starts>a</starts><starts>A</starts>", "recognised by this mapping already"},
        {"text", "<starts> </starts>", "<starts>: holds no word"},
        {"text", "<app-name> </app-name>", "<app-name>: holds no word"},
        {"cef", "<product> </product>", "<product>: holds no word"},
        {"text", "<app-name>a</app-name><app-name>a</app-name>", "recognised by this mapping"},
        {"kv", "<key name=\"a\"/><key name=\"a\"/>", "recognised by this mapping already"},
        {"kv", "<sd-id>a</sd-id>", "<sd-id> belongs to format='text'"},
        {"text", "<sd-id>a</sd-id><sd-id>a</sd-id>", "recognised by this mapping already"},
    };
    mapping_folder_put_box(&folder, RULE(""));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "<mapping vendor=\"Other\" product=\"Chest\"><guide title=\"none\"/>\n"
                 "<recognise format=\"%s\">%s</recognise></mapping>",
                 cases[i].format, cases[i].sign);
        mapping_folder_put(&folder, "other/chest.xml", text);
        CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
        CU_ASSERT_TRUE(has_mistake("chest.xml", 2, cases[i].text));
    }
    mapping_folder_put(&folder, "other/chest.xml",
                       "<mapping vendor=\"Other\" product=\"Chest\"><guide title=\"none\"/>"
                       "<recognise format=\"text\"><starts>chest</starts></recognise></mapping>");
    CU_ASSERT_PTR_NOT_NULL(mapping_folder_load(&folder));
}

static void vendors(void)
{
    mapping_folder_put_box(&folder, RULE("<use block=\"b\"/>"));
    mapping_folder_put(&folder, "example/vendor.xml",
                       "<vendor name=\"Example\">\n<block name=\"b\">\n<set field=\"y\" "
                       "from=\"a\"/></block></vendor>");
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT_TRUE(has_mistake("vendor.xml", 3, "no field 'y'"));
    mapping_folder_put(&folder, "example/vendor.xml",
                       "<vendor name=\"Exampel\"><block name=\"b\"/></vendor>");
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT_TRUE(has_mistake("box.xml", 1, "vendor.xml beside it says 'Exampel'"));
    mapping_folder_put(&folder, "example/vendor.xml",
                       "<vendor name=\"Example\"><alias>Ample</alias><block "
                       "name=\"b\"><drop from=\"a\"/></block><block name=\"unused\"/></vendor>");
    CU_ASSERT_PTR_NOT_NULL(mapping_folder_load(&folder));
    /* In two files. */
    mapping_folder_put(&folder, "example/vendor.xml", "<vendor name=\"Example\"/>");
    mapping_folder_put(&folder, "example/vendor-more.xml",
                       "<vendor name=\"Example\"><block name=\"b\"/></vendor>");
    CU_ASSERT_PTR_NOT_NULL(mapping_folder_load(&folder));
    mapping_folder_put(&folder, "example/vendor.xml",
                       "<vendor name=\"Exampel\">\n<block name=\"b\"/></vendor>");
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT_TRUE(has_mistake("vendor.xml", 1, "another file beside it says 'Example'"));
    CU_ASSERT_TRUE(has_mistake("vendor.xml", 2, "'b' is named at "));
    mapping_folder_put(&folder, "example/vendor-more.xml", "<vendor name=\"Example\"/>");
    mapping_folder_put(&folder, "example/vendor.xml", "<vendor name=\"Example\"/>");
}

/* Shared rules: a mistake is told where it stands; the mapping's own rules are no mistake beside
 * them, whether by name, match or condition. */
static void rule_sets(void)
{
    mapping_folder_put_box(&folder, RULE("") "<use rules=\"none\"/>");
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT_TRUE(has_mistake("box.xml", 2, "no <rules> of the vendor.xml beside it"));
    mapping_folder_put(
        &folder, "example/vendor.xml",
        "<vendor name=\"Example\"><rules name=\"s\">\n<rule name=\"x\"><match "
        "code=\"1\"/>\n<set field=\"y\" from=\"a\"/></rule>\n<rule name=\"x\"><match "
        "code=\"2\"/></rule></rules></vendor>");
    mapping_folder_put_box(&folder, "<use rules=\"s\"/>");
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT_TRUE(has_mistake("vendor.xml", 3, "no field 'y'"));
    CU_ASSERT_TRUE(has_mistake("vendor.xml", 4, "a rule named 'x' stands at line 2 already"));
    mapping_folder_put(
        &folder, "example/vendor.xml",
        "<vendor name=\"Example\"><rules name=\"s\">"
        "<rule name=\"x\"><match code=\"1\"/></rule><rule name=\"y\"><match code=\"2\"/></rule>"
        "<rule name=\"z\"><match code=\"3\"/><when from=\"a\" equals=\"1\"/></rule>"
        "</rules></vendor>");
    mapping_folder_put_box(&folder, "<rule name=\"x\"><match code=\"7\"/></rule>"
                                    "<rule name=\"own\"><match code=\"2\"/></rule>"
                                    "<rule name=\"too\"><match code=\"3\"/><when from=\"a\" "
                                    "equals=\"1\"/></rule><use rules=\"s\"/>");
    CU_ASSERT_PTR_NOT_NULL(mapping_folder_load(&folder));
    mapping_folder_put(&folder, "example/vendor.xml", "<vendor name=\"Example\"/>");
}

static void bounds(void)
{
    struct buf text = {0};
    /* A block in itself, by way of another. */
    static const struct mistake self[] = {
        {"<block name=\"a\">\n<use block=\"b\"/></block>\n<block name=\"b\">\n<use "
         "block=\"a\"/></block>\n" RULE("<use block=\"a\"/>"),
         5, "block 'a' uses itself"},
    };
    CHECK(self);
    /* Blocks that use the one before twice: a power of two of statements. */
    buf_printf(&text, "<block name=\"b0\"><drop from=\"a\"/></block>\n");
    for (int i = 1; i <= 15; i++)
        buf_printf(&text, "<block name=\"b%d\"><use block=\"b%d\"/><use block=\"b%d\"/></block>\n",
                   i, i - 1, i - 1);
    buf_printf(&text, RULE("<use block=\"b15\"/>"));
    mapping_folder_put_box(&folder, buf_text(&text));
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT_EQUAL(folder.diag.total, 1);
    CU_ASSERT_TRUE(has_mistake("box.xml", 17, "more than 16384 statements"));
    /* Each in the next. */
    buf_clear(&text);
    buf_printf(&text, "<block name=\"b0\"><drop from=\"a\"/></block>\n");
    for (int i = 1; i <= MAPPING_DEPTH_MAX; i++)
        buf_printf(&text, "<block name=\"b%d\"><use block=\"b%d\"/></block>\n", i, i - 1);
    size_t n = text.n;
    buf_printf(&text, RULE("<use block=\"b%d\"/>"), MAPPING_DEPTH_MAX - 1);
    mapping_folder_put_box(&folder, buf_text(&text));
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder)); /* only for the block nobody uses */
    CU_ASSERT_EQUAL(folder.diag.total, 1);
    CU_ASSERT_TRUE(has_mistake("box.xml", MAPPING_DEPTH_MAX + 2, "'b16' is used by nothing"));
    text.n = n;
    buf_printf(&text, RULE("<use block=\"b%d\"/>"), MAPPING_DEPTH_MAX);
    mapping_folder_put_box(&folder, buf_text(&text));
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT_TRUE(has_mistake("box.xml", 3, "block 'b0' is the 17th inside another"));
    /* Names of sources. */
    buf_clear(&text);
    buf_printf(&text, "<rule name=\"r\"><match code=\"1\"/>");
    for (int i = 0; i < MAPPING_SLOTS_MAX; i++)
        buf_printf(&text, "<drop from=\"s%d\"/>", i);
    buf_printf(&text, "</rule>");
    mapping_folder_put_box(&folder, buf_text(&text));
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT_EQUAL(folder.diag.total, 1);
    CU_ASSERT_TRUE(has_mistake("box.xml", 0, "names more than 509 sources"));
    /* Elements in one another. */
    buf_clear(&text);
    buf_printf(&text, "<rule name=\"r\"><match code=\"1\"/>");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "<if from=\"a\" present=\"yes\">");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "</if>");
    buf_printf(&text, "</rule>");
    mapping_folder_put_box(&folder, buf_text(&text));
    CU_ASSERT_PTR_NULL(mapping_folder_load(&folder));
    CU_ASSERT(folder.diag.total > 0);
    buf_free(&text);
}

static void folders(void)
{
    struct diag diag = {0};
    struct mapping_set *set;
    CU_ASSERT_EQUAL(mapping_set_load("/nowhere/at/all", &diag, &set), GW_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NULL(set);
    CU_ASSERT_EQUAL(diag.n, 1);
    diag_free(&diag);
    struct mapping_folder empty = mapping_folder_new();
    CU_ASSERT_PTR_NULL(mapping_folder_load(&empty));
    CU_ASSERT_PTR_NOT_NULL(strstr(empty.diag.items[0].text, "holds no mapping"));
    char schema[300];
    snprintf(schema, sizeof schema, "%s/mapping.rng", empty.path);
    unlink(schema);
    CU_ASSERT_PTR_NULL(mapping_folder_load(&empty));
    CU_ASSERT_PTR_NOT_NULL(strstr(empty.diag.items[0].text, "the schema of mappings is missing"));
    mapping_folder_free(&empty);
    /* The set: in the order of ids, whatever the file system's. */
    mapping_folder_put_box(&folder, RULE(""));
    mapping_folder_put(&folder, "example/.hidden.xml", "not XML");
    mapping_folder_put(&folder, "example/notes.txt", "no mapping");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mapping_folder_load(&folder));
    CU_ASSERT_EQUAL(mapping_set_count(folder.set), 2);
    CU_ASSERT_STRING_EQUAL(mapping_id(mapping_set_at(folder.set, 0)), "example/box");
    CU_ASSERT_STRING_EQUAL(mapping_id(mapping_set_at(folder.set, 1)), "other/chest");
    CU_ASSERT_PTR_NULL(mapping_set_at(folder.set, 2));
    const struct mapping *box = mapping_set_get(folder.set, "example/box");
    CU_ASSERT_PTR_EQUAL(box, mapping_set_at(folder.set, 0));
    CU_ASSERT_PTR_NULL(mapping_set_get(folder.set, "example/bo"));
    CU_ASSERT_EQUAL(mapping_rule_count(box), 1);
    CU_ASSERT_STRING_EQUAL(mapping_rule_name(box, 0), "r");
    CU_ASSERT_EQUAL(mapping_rule_line(box, 0), 2);
    CU_ASSERT_PTR_NULL(mapping_rule_name(box, 1));
    CU_ASSERT_EQUAL(mapping_rule_line(box, 1), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"names", names},
        {"columns", columns},
        {"types", types},
        {"shapes", shapes},
        {"documents", documents},
        {"all at once", all_at_once},
        {"recognition", recognition},
        {"vendors", vendors},
        {"sets of rules", rule_sets},
        {"bounds", bounds},
        {"folders", folders},
        CU_TEST_INFO_NULL,
    };
    xml_init();
    folder = mapping_folder_new();
    int status = unit_run("compile", tests);
    mapping_folder_free(&folder);
    xml_fini();
    return status;
}
