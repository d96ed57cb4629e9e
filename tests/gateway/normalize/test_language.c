/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language of mappings: every statement, question and attribute, run over a message. */
#include "gateway/xml/document.h"
#include "tests/support/mapping_folder.h"
#include "tests/support/normalizing.h"

static struct mapping_folder folder;
static struct normalizing n;

static void load(const char *parts)
{
    mapping_folder_put_box(&folder, parts);
    if (!mapping_folder_load(&folder))
        diag_print(&folder.diag, stdout);
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder.set);
}

/* extension of a CEF line of event class 1; the record points into message. */
static struct gw_event *run(const char *extension)
{
    static char message[4096];
    int length = snprintf(message, sizeof message, "CEF:0|Example|Box|2|1|a name|3|%s", extension);
    return normalizing_run(&n, folder.set, slice_of(message, (size_t)length));
}

#define RULE(inner)                                                                                \
    "<rule name=\"r\" kind=\"malware.found\" severity=\"low\"><match any=\"yes\"/>" inner "</"     \
    "rule>"
#define TEXT(field)   gw_event_text(&n.event, GW_FIELD_##field)
#define NUMBER(field) gw_event_int(&n.event, GW_FIELD_##field, -99)
#define HAS(field)    gw_event_has(&n.event, GW_FIELD_##field)
#define IS_KIND(NAME) CU_ASSERT_EQUAL(n.event.kind, GW_KIND_##NAME)

/* One statement, run; what action is then. */
struct line {
    const char *inner, *extension, *action;
};

static void check(const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char parts[2048];
        snprintf(parts, sizeof parts,
                 "<table name=\"t\"><row key=\"1|one\" value=\"ONE\" other=\"uno\"/>"
                 "<row prefix=\"tw\" value=\"TWO\"/><row contains=\"hree\" other=\"tre\"/></table>"
                 "<rule name=\"r\"><match any=\"yes\"/><set field=\"file.name\" from=\"never\" "
                 "table=\"t\"/>%s</rule>",
                 lines[i].inner);
        load(parts);
        run(lines[i].extension);
        if (!slice_equal(TEXT(ACTION), slice_from(lines[i].action)))
            printf("\n    %s of %s", lines[i].inner, lines[i].extension);
        UNIT_TEXT(TEXT(ACTION), lines[i].action);
    }
}

static void set(void)
{
    static const struct line lines[] = {
        {"<set field=\"action\" value=\"fixed\"/>", "a=1", "fixed"},
        {"<set field=\"action\" from=\"a\"/>", "a=1", "1"},
        {"<set field=\"action\" from=\"x|b|a\"/>", "a=1 b=2", "2"},
        {"<set field=\"action\" from=\"x\"/>", "a=1", ""},
        {"<set field=\"action\" from=\"x\" else=\"other\"/>", "a=1", "other"},
        {"<set field=\"action\" from=\"a\" else=\"other\"/>", "a=1", "1"},
        /* Values that say nothing. */
        {"<set field=\"action\" from=\"a|b\"/>", "a=N/A b=x", "x"},
        {"<set field=\"action\" from=\"a|b\"/>", "a=- b=x", "x"},
        {"<set field=\"action\" from=\"a|b\"/>", "a= b=x", "x"},
        {"<set field=\"action\" from=\"a|b\"/>", "a=0.0.0.0 b=x", "x"},
        {"<set field=\"action\" from=\"a|b\"/>", "a=:: b=x", "x"},
        {"<set field=\"action\" from=\"a|b\"/>", "a=#null# b=x", "x"},
        /* A field is filled once, unless it says replace. */
        {"<set field=\"action\" from=\"a\"/><set field=\"action\" from=\"b\"/>", "a=1 b=2", "1"},
        {"<set field=\"action\" from=\"a\"/><set field=\"action\" from=\"b\" replace=\"yes\"/>",
         "a=1 b=2", "2"},
        {"<set field=\"action\" from=\"a\"/><set field=\"action\" from=\"x\" replace=\"yes\"/>",
         "a=1", "1"},
        /* Cuts. */
        {"<set field=\"action\" from=\"a\" before=\"/\"/>", "a=x/y/z", "x"},
        {"<set field=\"action\" from=\"a\" after=\"/\"/>", "a=x/y/z", "y/z"},
        {"<set field=\"action\" from=\"a\" before-last=\"/\"/>", "a=x/y/z", "x/y"},
        {"<set field=\"action\" from=\"a\" after-last=\"/\"/>", "a=x/y/z", "z"},
        {"<set field=\"action\" from=\"a|b\" before=\"/\"/>", "b=p/q", "p"},
        /* The parts of a name are of one source. */
        {"<set field=\"action\" from=\"a|b\" before=\"/\"/>", "a=xy b=p/q", ""},
        {"<set field=\"action\" from=\"a|b\" before=\"/\"/>", "a=- b=p/q", "p"},
        {"<set field=\"action\" from=\"a|b\" before=\"/\" else=\"other\"/>", "a=xy b=p/q", "other"},
        {"<set field=\"action\" from=\"a\" after=\"/\"/>", "a=xy", "xy"},
        {"<set field=\"action\" from=\"a|b\" before-last=\"/\"/>", "a=xy b=p/q", ""},
        {"<set field=\"action\" from=\"a\" after-last=\"//\"/>", "a=x/y", "x/y"},
        {"<set field=\"action\" from=\"a|b\" after=\"/\"/>", "a=x/ b=y", ""},
        {"<set field=\"action\" from=\"a\" after-last=\"long\"/>", "a=x", "x"},
        {"<set field=\"action\" from=\"a\" trim=\".,\"/>", "a=.,x.y,.", "x.y"},
        {"<set field=\"action\" from=\"a|b\" trim=\".\"/>", "a=... b=x", "x"},
        /* Conversions that give text. */
        {"<set field=\"action\" from=\"a\" as=\"lower\"/>", "a=ABC-É", "abc-É"},
        {"<set field=\"action\" from=\"a\" as=\"upper\"/>", "a=abc-é", "ABC-é"},
        {"<set field=\"action\" from=\"a\" as=\"unc-host\"/>", "a=//srv/share/x", "srv"},
        {"<set field=\"action\" from=\"a|b\" as=\"unc-host\"/>", "a=srv b=//other", "other"},
        {"<set field=\"action\" from=\"a\" as=\"short-host\"/>", "a=srv.example.com", "srv"},
        {"<set field=\"action\" from=\"a\" as=\"short-host\"/>", "a=192.0.2.1", "192.0.2.1"},
        {"<set field=\"action\" from=\"a\" as=\"mac\"/>", "a=00-11-22-AA-bb-CC",
         "00:11:22:aa:bb:cc"},
        {"<set field=\"action\" from=\"a|b\" as=\"mac\"/>", "a=00-11 b=0011.22aa.bbcc",
         "00:11:22:aa:bb:cc"},
        /* Tables: exact, beginning, inside; a column; a miss. */
        {"<set field=\"action\" from=\"a\" table=\"t\"/>", "a=ONE", "ONE"},
        {"<set field=\"action\" from=\"a\" table=\"t\"/>", "a=twenty", "TWO"},
        {"<set field=\"action\" from=\"a\" table=\"t\" column=\"other\"/>", "a=the three", "tre"},
        {"<set field=\"action\" from=\"a\" table=\"t\"/>", "a=the three", ""},
        {"<set field=\"action\" from=\"a|b\" table=\"t\"/>", "a=none b=1", "ONE"},
        {"<set field=\"action\" from=\"a\" table=\"t\" miss=\"keep\"/>", "a=none", "none"},
        {"<set field=\"action\" from=\"a\" table=\"t\" else=\"other\"/>", "a=none", "other"},
        {"<set field=\"action\" from=\"a\" table=\"t\" else=\"other\"/>", "a=1", "ONE"},
        /* What the record has already. */
        {"<set field=\"host.name\" from=\"a\"/><set field=\"action\" from=\"@host.name\"/>", "a=pc",
         "pc"},
        {"<set field=\"action\" from=\"@code\"/>", "", "1"},
        {"<set field=\"action\" from=\"@body\" after=\"|2|\"/>", "a=1", "1|a name|3|a=1"},
    };
    check(lines, sizeof lines / sizeof *lines);
}

/* A message none of whose texts says anything: what needs none of them is said all the same, and a
   question is asked. */
static void nothing_said(void)
{
    load(RULE("<set field=\"action\" value=\"fixed\"/>"
              "<if from=\"a\" present=\"yes\"><set field=\"file.name\" value=\"wrong\"/></if>"
              "<set field=\"rule.name\" from=\"a\" else=\"other\"/>"));
    normalizing_begin(&n, SLICE("-"));
    n.fields.format = GW_FORMAT_CEF;
    fields_add(&n.fields, SLICE("device_vendor"), SLICE("Example"));
    fields_add(&n.fields, SLICE("device_product"), SLICE("Box"));
    n.fields.n_header = n.fields.n;
    normalizing_fields(&n, folder.set);
    UNIT_TEXT(TEXT(ACTION), "fixed");
    CU_ASSERT_FALSE(HAS(FILE_NAME));
    UNIT_TEXT(TEXT(RULE_NAME), "other");
    IS_KIND(MALWARE_FOUND);
}

static void numbers(void)
{
    static const struct {
        const char *inner, *extension;
        int64_t count; /* -99: none */
    } cases[] = {
        {"<set field=\"event.count\" from=\"a\"/>", "a=7", 7},
        {"<set field=\"event.count\" from=\"a\"/>", "a=-7", -7},
        {"<set field=\"event.count\" from=\"a|b\"/>", "a=7x b=8", 8},
        {"<set field=\"event.count\" from=\"a\"/>", "a=99999999999999999999", -99},
        {"<set field=\"event.count\" from=\"a\" add=\"-1\"/>", "a=4", 3},
        {"<set field=\"event.count\" from=\"a\" add=\"1\"/>", "a=9223372036854775807", -99},
        {"<set field=\"event.count\" from=\"a\" as=\"version\"/>", "a=1.2.3",
         (INT64_C(1) << 48) + (INT64_C(2) << 32) + (3 << 16)},
        {"<set field=\"event.count\" from=\"a\" as=\"pattern\"/>", "a=17.715.00", 1771500},
        {"<set field=\"event.count\" from=\"a\" else=\"5\"/>", "a=x", 5},
        {"<set field=\"event.count\" value=\"5\"/>", "", 5},
        {"<set field=\"event.count\" from=\"a\" table=\"n\"/>", "a=k", 42},
        {"<set field=\"event.count\" from=\"a\" table=\"n\"/>", "a=m", -99},
        {"<set field=\"event.count\" from=\"a\" table=\"n\" miss=\"keep\"/>", "a=6", 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char parts[1024];
        snprintf(parts, sizeof parts,
                 "<table name=\"n\"><row key=\"k\" value=\"42\"/></table><rule name=\"r\"><match "
                 "any=\"yes\"/><set field=\"confidence\" from=\"never\" table=\"n\"/>%s</rule>",
                 cases[i].inner);
        load(parts);
        run(cases[i].extension);
        if (NUMBER(EVENT_COUNT) != cases[i].count)
            printf("\n    %s of %s", cases[i].inner, cases[i].extension);
        CU_ASSERT_EQUAL(NUMBER(EVENT_COUNT), cases[i].count);
    }
    /* Words that a number field knows. */
    load(RULE(
        "<set field=\"agent.connection\" value=\"roaming\"/>"
        "<set field=\"component.type\" value=\"pattern\"/>"
        "<set field=\"direction\" value=\"out\"/><set field=\"status.id\" value=\"failure\"/>"));
    run("");
    CU_ASSERT_EQUAL(NUMBER(AGENT_CONNECTION), GW_CONNECTION_ROAMING);
    CU_ASSERT_EQUAL(NUMBER(COMPONENT_TYPE), GW_COMPONENT_PATTERN);
    CU_ASSERT_EQUAL(NUMBER(DIRECTION), 2);
    CU_ASSERT_EQUAL(NUMBER(STATUS_ID), 2);
}

/* Addresses and times take nothing else. */
static void typed(void)
{
    load(RULE("<set field=\"host.ip\" from=\"a|b|c\"/><set field=\"license.end\" from=\"d|e\"/>"));
    run("a=pc b=300.1.1.1 c=2001:db8::1 d=soon e=2026-05-01T00:00:00Z");
    UNIT_TEXT(TEXT(HOST_IP), "2001:db8::1");
    CU_ASSERT_EQUAL(NUMBER(LICENSE_END), INT64_C(1777593600000));
    UNIT_TEXT(normalizing_unmapped(&n, "a"), "pc");
    UNIT_TEXT(normalizing_unmapped(&n, "d"), "soon");
    CU_ASSERT_EQUAL(normalizing_unmapped(&n, "c").n, 0);
    /* One spelling of an address: of others a computer's name would be "010". */
    run("a=010.1.2.3 b=010.001.002.003");
    UNIT_TEXT(TEXT(HOST_IP), "10.1.2.3");
    UNIT_TEXT(normalizing_unmapped(&n, "a"), "010.1.2.3");
    CU_ASSERT_EQUAL(normalizing_unmapped(&n, "b").n, 0);
    load(RULE("<set field=\"source.name\" from=\"a\"/><set field=\"engine.version\" from=\"a\"/>"));
    run("a=010.001.002.003");
    UNIT_TEXT(TEXT(SOURCE_NAME), "10.1.2.3");
    UNIT_TEXT(TEXT(ENGINE_VERSION), "010.001.002.003");
    run("a=srv-1.corp.test");
    UNIT_TEXT(TEXT(SOURCE_NAME), "srv-1.corp.test");
}

static void differs(void)
{
    load(RULE("<set field=\"host.name\" from=\"h\"/><set field=\"source.name\" from=\"s\" "
              "differs-from=\"host.name host.ip\"/>"));
    run("h=PC-1 s=pc-1.example.com");
    CU_ASSERT_FALSE(HAS(SOURCE_NAME));
    UNIT_TEXT(normalizing_unmapped(&n, "s"), "pc-1.example.com");
    run("h=PC-1 s=pc-1");
    CU_ASSERT_FALSE(HAS(SOURCE_NAME));
    CU_ASSERT_EQUAL(normalizing_unmapped(&n, "s").n, 0); /* says the same word for word */
    run("h=PC-1 s=//pc-1/c$");
    CU_ASSERT_FALSE(HAS(SOURCE_NAME));
    run("h=PC-1 s=PC-2");
    UNIT_TEXT(TEXT(SOURCE_NAME), "PC-2");
    run("s=PC-2");
    UNIT_TEXT(TEXT(SOURCE_NAME), "PC-2");
}

/* Each question, both ways; any of several sources will do. */
static void questions(void)
{
    static const struct {
        const char *question, *yes, *no;
    } cases[] = {
        {"present=\"yes\"", "a=x", "a="},
        {"present=\"no\"", "a=-", "a=x"},
        {"repeated=\"yes\"", "a=x b=1 a=y", "a=x b=a a=x"},
        {"repeated=\"yes\"", "a= a=y", "a=x a="},
        {"repeated=\"no\"", "a=x", "a=x a=x a=y"},
        {"equals=\"X y\"", "a=x Y", "a=x"},
        {"one-of=\"p|q\"", "a=Q", "a=pq"},
        {"starts=\"p|qu\"", "a=Quiz", "a=aqu"},
        {"contains=\"p|qu\"", "a=aqu", "a=q u"},
        {"table=\"t\"", "a=known", "a=unknown x"},
        {"table=\"t\" column=\"c\"", "a=full", "a=known"},
        {"matches=\"^x+$\"", "a=xxx", "a=xyx"},
        {"min=\"2\"", "a=2", "a=1"},
        {"max=\"2\"", "a=-5", "a=3"},
        {"min=\"2\" max=\"4\"", "a=4", "a=5"},
        {"min=\"0\"", "a=0", "a=zero"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int negated = 0; negated < 2; negated++) {
            char parts[1024];
            snprintf(parts, sizeof parts,
                     "<table name=\"t\"><row key=\"known\"/><row key=\"full\" c=\"1\"/></table>"
                     "<rule name=\"r\"><match any=\"yes\"/><set field=\"file.name\" from=\"never\" "
                     "table=\"t\" column=\"c\"/>"
                     "<if from=\"z|a\" %s%s><kind is=\"agent.online\"/></if>"
                     "<else><kind is=\"agent.offline\"/></else></rule>",
                     cases[i].question, negated ? " not=\"yes\"" : "");
            load(parts);
            enum gw_kind yes = negated ? GW_KIND_AGENT_OFFLINE : GW_KIND_AGENT_ONLINE;
            enum gw_kind no = negated ? GW_KIND_AGENT_ONLINE : GW_KIND_AGENT_OFFLINE;
            if (run(cases[i].yes)->kind != yes || run(cases[i].no)->kind != no)
                printf("\n    %s", cases[i].question);
            CU_ASSERT_EQUAL(run(cases[i].yes)->kind, yes);
            CU_ASSERT_EQUAL(run(cases[i].no)->kind, no);
        }
}

static void branches(void)
{
    load(RULE("<if from=\"a\" equals=\"1\"><if from=\"b\" equals=\"1\"><set field=\"action\" "
              "value=\"both\"/></if><else><set field=\"action\" value=\"a\"/></else>"
              "<set field=\"class\" value=\"in a\"/></if><else><if from=\"b\" equals=\"1\">"
              "<set field=\"action\" value=\"b\"/></if></else><set field=\"reason\" "
              "value=\"end\"/>"));
    static const char *const cases[][3] = {{"a=1 b=1", "both", "in a"},
                                           {"a=1 b=2", "a", "in a"},
                                           {"a=2 b=1", "b", ""},
                                           {"a=2 b=2", "", ""}};
    for (size_t i = 0; i < 4; i++) {
        run(cases[i][0]);
        UNIT_TEXT(TEXT(ACTION), cases[i][1]);
        UNIT_TEXT(TEXT(CLASS), cases[i][2]);
        UNIT_TEXT(TEXT(REASON), "end");
    }
}

static void kinds(void)
{
    load("<table name=\"k\"><row key=\"up\" kind=\"agent.online\" severity=\"low\"/>"
         "<row key=\"down\" kind=\"agent.offline\"/></table>"
         "<rule name=\"r\" kind=\"system.status\" severity=\"medium\"><match any=\"yes\"/>"
         "<kind table=\"k\" from=\"a|b\"/><severity table=\"k\" from=\"a|b\"/>"
         "<kind is=\"agent.installed\"/></rule>");
    run("a=up");
    IS_KIND(AGENT_ONLINE);
    CU_ASSERT_EQUAL(n.event.severity, GW_SEVERITY_LOW);
    run("a=x b=down"); /* its row says no severity: the rule's */
    IS_KIND(AGENT_OFFLINE);
    CU_ASSERT_EQUAL(n.event.severity, GW_SEVERITY_MEDIUM);
    run("a=x");
    IS_KIND(AGENT_INSTALLED);
}

static void extracts(void)
{
    load(RULE("<extract from=\"x|a\">(?'user'\\w+)@(?'host'\\w+)(?: (?'rest'.*))?</extract>"
              "<set field=\"user.name\" from=\"$user\"/><set field=\"host.name\" from=\"$host\"/>"
              "<set field=\"reason\" from=\"$rest\"/><drop from=\"b\"/>"));
    run("a=joe@box b=1");
    UNIT_TEXT(TEXT(USER_NAME), "joe");
    UNIT_TEXT(TEXT(HOST_NAME), "box");
    CU_ASSERT_FALSE(HAS(REASON));
    CU_ASSERT_EQUAL(normalizing_unmapped(&n, "b").n, 0);
    /* The source of an extract stays beside the fields; <drop> takes it away. */
    UNIT_TEXT(normalizing_unmapped(&n, "a"), "joe@box");
    run("x=nothing a=joe@box why");
    UNIT_TEXT(TEXT(REASON), "why");
    run("a=nothing");
    CU_ASSERT_FALSE(HAS(USER_NAME));
}

static void rules(void)
{
    load("<code from=\"x|device_event_class_id\"/>"
         "<rule name=\"exact\"><match code=\"AV:one\"/><match code=\"two\"/></rule>"
         "<rule name=\"prefix\"><match prefix=\"AV:\"/></rule>"
         "<rule name=\"longer\"><match prefix=\"AV:lon\"/></rule>"
         "<rule name=\"range\"><match from=\"10\" to=\"20\"/><match from=\"-5\" to=\"-1\"/></rule>"
         "<rule name=\"asked\"><match any=\"yes\"/><when from=\"a\" equals=\"1\"/><when from=\"b\" "
         "equals=\"1\"/></rule>"
         "<rule name=\"any\"><match any=\"yes\"/><when from=\"a\" present=\"yes\"/></rule>");
    static const char *const cases[][3] = {
        {"x=av:ONE", "exact", "av:ONE"},   {"x=Two", "exact", "Two"},
        {"x=AV:other", "prefix", "other"}, {"x=AV:longer", "longer", "ger"},
        {"x=AV:", "prefix", ""},           {"x=10", "range", "10"},
        {"x=20", "range", "20"},           {"x=-3", "range", "-3"},
        {"x=21 a=1", "any", "21"},         {"x=9 a=1 b=1", "asked", "9"},
        {"x=1O a=2", "any", "1O"},         {"a=1 b=2", "any", "1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run(cases[i][0]);
        CU_ASSERT_FATAL(n.trace.rule >= 0);
        CU_ASSERT_STRING_EQUAL(mapping_rule_name(n.trace.mapping, (size_t)n.trace.rule),
                               cases[i][1]);
    }
    run("x=21");
    CU_ASSERT_EQUAL(n.trace.rule, -1);
    IS_KIND(SYSTEM_STATUS);
    /* A prefix whose conditions fail leaves the code to the ranges and to any. */
    load("<rule name=\"p\"><match prefix=\"1\"/><when from=\"a\" equals=\"1\"/></rule>"
         "<rule name=\"n\"><match from=\"1\" to=\"9\"/></rule>");
    run("a=2");
    CU_ASSERT_STRING_EQUAL(mapping_rule_name(n.trace.mapping, (size_t)n.trace.rule), "n");
    run("a=1");
    CU_ASSERT_STRING_EQUAL(mapping_rule_name(n.trace.mapping, (size_t)n.trace.rule), "p");
}

/* @rest, blocks, <common>, a vendor's tables and blocks. */
static void shared(void)
{
    mapping_folder_put(&folder, "example/vendor.xml",
                       "<vendor name=\"Example\"><table name=\"v\"><row key=\"1\" value=\"ONE\"/>"
                       "</table><block name=\"vb\"><set field=\"class\" from=\"a\" table=\"v\"/>"
                       "</block></vendor>");
    load("<code from=\"c\"/>"
         "<block name=\"b\"><set field=\"action\" from=\"@rest\"/><use block=\"vb\"/></block>"
         "<common><set field=\"reason\" from=\"b\"/><set field=\"action\" value=\"common\"/>"
         "</common>" RULE("<use block=\"b\"/>") "<rule name=\"p\"><match prefix=\"AV:\"/><use "
                                                "block=\"b\"/></rule>");
    run("c=AV:gone a=1 b=why");
    UNIT_TEXT(TEXT(ACTION), "gone");
    UNIT_TEXT(TEXT(CLASS), "ONE");
    UNIT_TEXT(TEXT(REASON), "why");
    run("a=1");
    UNIT_TEXT(TEXT(ACTION), "common");
    mapping_folder_put(&folder, "example/vendor.xml", "<vendor name=\"Example\"/>");
}

/* Templates give the event's code and variables. */
static void templates(void)
{
    load("<templates from=\"x|msg\" tokens=\"v s\"><template code=\"found\">Virus %v on "
         "%s</template><template code=\"gone\">Gone: %v</template></templates>"
         "<rule name=\"found\" kind=\"malware.found\"><match code=\"found\"/><set "
         "field=\"malware.name\" from=\"$v\"/><set field=\"host.name\" from=\"$s\"/></rule>"
         "<rule name=\"gone\" kind=\"malware.cleaned\"><match code=\"gone\"/><set "
         "field=\"malware.name\" from=\"$v\"/></rule>");
    run("msg=Virus X Y on pc-1");
    IS_KIND(MALWARE_FOUND);
    UNIT_TEXT(TEXT(MALWARE_NAME), "X Y");
    UNIT_TEXT(TEXT(HOST_NAME), "pc-1");
    CU_ASSERT_EQUAL(n.trace.template, 0);
    CU_ASSERT_EQUAL(normalizing_unmapped(&n, "msg").n, 0);
    CU_ASSERT_FALSE(n.event.flags & GW_EVENT_MALFORMED);
    run("msg=Gone: X");
    IS_KIND(MALWARE_CLEANED);
    run("msg=else");
    CU_ASSERT_EQUAL(n.trace.template, -1);
    IS_KIND(SYSTEM_STATUS);
    /* The text could be divided in another way: told. */
    run("msg=Virus X on pc-1 on pc-2");
    UNIT_TEXT(TEXT(HOST_NAME), "pc-1 on pc-2");
    CU_ASSERT_TRUE(n.event.flags & GW_EVENT_MALFORMED);
    UNIT_TEXT(TEXT(PARSE_ERROR), "a label stands twice: one may be text of a value");
}

/* <time>: the first source that is one. */
static void times(void)
{
    load(RULE("<time from=\"rt|end\"/><time from=\"start\"/>"));
    run("rt=never end=Mar 02 2026 08:00:00 GMT+00:00");
    CU_ASSERT_EQUAL(n.event.time_ms, NORMALIZING_RECEIVED_MS - 300000);
    UNIT_TEXT(TEXT(ORIGINAL_TIME), "Mar 02 2026 08:00:00 GMT+00:00");
    UNIT_TEXT(normalizing_unmapped(&n, "rt"), "never");
    run("start=Mar 02 2026 08:01:00");
    CU_ASSERT_EQUAL(n.event.time_ms, NORMALIZING_RECEIVED_MS - 240000);
    load(RULE("<time from=\"d|date\" clock=\"c|time\"/>"));
    run("date=2026-03-02 time=08:00:00");
    CU_ASSERT_EQUAL(n.event.time_ms, NORMALIZING_RECEIVED_MS - 300000);
    UNIT_TEXT(TEXT(ORIGINAL_TIME), "2026-03-02 08:00:00");
    UNIT_TEXT(normalizing_unmapped(&n, "date"), "");
    UNIT_TEXT(normalizing_unmapped(&n, "time"), "");
    run("d=never date=20260302 time=801");
    CU_ASSERT_EQUAL(n.event.time_ms, NORMALIZING_RECEIVED_MS - 240000);
    UNIT_TEXT(normalizing_unmapped(&n, "d"), "never");
    run("date=2026-03-02 08:00:00"); /* no clock: no time */
    CU_ASSERT_TRUE(n.event.flags & GW_EVENT_NO_TIME);
}

/* A line of columns: cut by its mapping, and what nobody placed kept under its number. */
static void columns(void)
{
    mapping_folder_put(&folder, "example/lines.xml",
                       "<mapping vendor=\"Example\" product=\"Lines\"><guide title=\"none\"/>"
                       "<recognise format=\"csv\" delimiter=\",\">"
                       "<key name=\"3\" value=\"LINE\"/></recognise><code from=\"4\"/>"
                       "<rule name=\"r\" kind=\"link.down\"><match code=\"7\"/>"
                       "<set field=\"action\" from=\"5\"/></rule></mapping>");
    load(RULE(""));
    normalizing_run(&n, folder.set,
                    SLICE("<13>Oct 11 22:14:15 fw 1,,LINE,7,\"a \"\"b\"\", c\",rest"));
    IS_KIND(LINK_DOWN);
    CU_ASSERT_EQUAL(n.event.format, GW_FORMAT_CSV);
    UNIT_TEXT(TEXT(ACTION), "a \"b\", c");
    UNIT_TEXT(TEXT(SYSLOG_HOSTNAME), "fw");
    UNIT_TEXT(normalizing_unmapped(&n, "6"), "rest");
    CU_ASSERT_EQUAL(n.event.flags, 0);
    /* A quote without an end keeps what follows to itself, and that is told. */
    normalizing_run(&n, folder.set, SLICE("1,,LINE,7,\"a,x,y"));
    UNIT_TEXT(TEXT(ACTION), "a,x,y");
    UNIT_TEXT(TEXT(PARSE_ERROR), "a quoted column has no end");
    CU_ASSERT_TRUE(n.event.flags & GW_EVENT_MALFORMED);
    /* What the header had to complain about comes first. */
    normalizing_run(&n, folder.set, SLICE("<999>1,,LINE,7,\"a,x,y"));
    UNIT_TEXT(TEXT(PARSE_ERROR), "PRI is not a number from 0 to 191");
    mapping_folder_put(&folder, "example/lines.xml",
                       "<mapping vendor=\"Example\" product=\"Lines\"><guide title=\"none\"/>"
                       "<recognise format=\"text\"><starts>x</starts></recognise></mapping>");
}

/* In every format the first of a name counts: what a value holds that looks like a pair comes
 * later, and stays beside the fields. */
static void forged(void)
{
    static const char *const messages[] = {
        "CEF:0|Example|Pairs|2|1|a name|3|act=meant msg=text act=forged",
        "TMEF:0|Example|Pairs|2|1|a name|3|act=meant msg=text act=forged",
        "LEEF:1.0|Example|Pairs|2|1|act=meant\tmsg=text\tact=forged",
        "LEEF:2.0|Example|Pairs|2|1|^|act=meant^msg=text^act=forged",
        "pairs=1 act=meant msg=text act=forged",
        "pairs=1 act=\"meant\" msg=\"a \\\" act=quoted \\\"\" act=forged",
        "{\"pairs\":1,\"act\":\"meant\",\"msg\":\"act\",\"act\":\"forged\"}",
        "{\"pairs\":1,\"act\":\"meant\",\"\\u0061ct\":\"forged\"}",
        "TMCM:EVT_PAIRS act=\"meant\" msg=\"text\" act=\"forged\"",
    };
    mapping_folder_put(&folder, "example/pairs.xml",
                       "<mapping vendor=\"Example\" product=\"Pairs\"><guide title=\"none\"/>"
                       "<recognise format=\"cef leef tmef\"><product>Pairs</product></recognise>"
                       "<recognise format=\"kv json\"><key name=\"pairs\"/></recognise>"
                       "<recognise format=\"tmcm\"><starts>TMCM:EVT_PAIRS</starts></recognise>"
                       "<rule name=\"r\" kind=\"link.down\"><match any=\"yes\"/>"
                       "<set field=\"action\" from=\"act\"/></rule></mapping>");
    load(RULE(""));
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        normalizing_run(&n, folder.set, slice_from(messages[i]));
        if (n.event.kind != GW_KIND_LINK_DOWN)
            printf("\n    not recognised: %s", messages[i]);
        IS_KIND(LINK_DOWN);
        UNIT_TEXT(TEXT(ACTION), "meant");
        UNIT_TEXT(normalizing_unmapped(&n, "act"), "forged");
    }
    mapping_folder_put(&folder, "example/pairs.xml",
                       "<mapping vendor=\"Example\" product=\"Pairs\"><guide title=\"none\"/>"
                       "<recognise format=\"text\"><starts>y</starts></recognise></mapping>");
}

/* A notification's fields by their OIDs, with and without the instance. */
static void varbinds(void)
{
    mapping_folder_put(&folder, "example/agent.xml",
                       "<mapping vendor=\"Example\" product=\"Agent\" agents=\"yes\">"
                       "<guide title=\"none\"/>"
                       "<recognise format=\"varbinds\"><trap under=\"1.3.6.1.4.1.32473\"/>"
                       "</recognise><rule name=\"r\" kind=\"link.down\"><match "
                       "code=\"1.3.6.1.4.1.32473.0.1\"/><set field=\"interface.index\" "
                       "from=\"1.3.6.1.2.1.2.2.1.1.\"/><set field=\"action\" "
                       "from=\"1.3.6.1.4.1.32473.1.0\"/></rule></mapping>");
    load(RULE(""));
    normalizing_begin(&n, SLICE("datagram"));
    n.fields.format = GW_FORMAT_VARBINDS;
    fields_add(&n.fields, SLICE("trap_oid"), SLICE("1.3.6.1.4.1.32473.0.1"));
    fields_add(&n.fields, SLICE("version"), SLICE("2c"));
    n.fields.n_header = n.fields.n;
    fields_add(&n.fields, SLICE("1.3.6.1.2.1.1.3.0"), SLICE("12345"));
    fields_add(&n.fields, SLICE("1.3.6.1.2.1.2.2.1.1.5.6.7"), SLICE("5"));
    fields_add(&n.fields, SLICE("1.3.6.1.4.1.32473.1.0"), SLICE("down"));
    fields_add(&n.fields, SLICE("1.3.6.1.4.1.32473.1.0.1"), SLICE("other"));
    normalizing_fields(&n, folder.set);
    IS_KIND(LINK_DOWN);
    CU_ASSERT_EQUAL(NUMBER(INTERFACE_INDEX), 5);
    UNIT_TEXT(TEXT(ACTION), "down");
    CU_ASSERT_EQUAL(NUMBER(SNMP_VERSION), 1);
    UNIT_TEXT(normalizing_unmapped(&n, "1.3.6.1.4.1.32473.1.0.1"), "other");
    CU_ASSERT_EQUAL(normalizing_unmapped(&n, "1.3.6.1.2.1.1.3.0").n, 0);
    CU_ASSERT(n.event.flags & GW_EVENT_BY_AGENT);
}

/* A pattern that gives up found nothing, and the record says so. */
static void limits(void)
{
    load(RULE("<if from=\"a\" matches=\"^(?:x|x)*$\"><set field=\"action\" value=\"matched\"/>"
              "</if><extract from=\"a\">^(?'v'(?:x|xx)+)$</extract><set field=\"reason\" "
              "from=\"$v\"/>"));
    run("a=xxxx");
    UNIT_TEXT(TEXT(ACTION), "matched");
    UNIT_TEXT(TEXT(REASON), "xxxx");
    CU_ASSERT_FALSE(n.event.flags & GW_EVENT_MALFORMED);
    char text[2048];
    memcpy(text, "a=", 2);
    memset(text + 2, 'x', 1000);
    memcpy(text + 1002, "!", 2);
    run(text);
    CU_ASSERT_FALSE(HAS(ACTION));
    CU_ASSERT_FALSE(HAS(REASON));
    CU_ASSERT_TRUE(n.event.flags & GW_EVENT_MALFORMED);
    UNIT_TEXT(TEXT(PARSE_ERROR), "a pattern of the mapping reached its limit on this text");
    CU_ASSERT_EQUAL(normalizing_unmapped(&n, "a").n, 1001);
    run("a=xxxx");
    CU_ASSERT_FALSE(n.event.flags & GW_EVENT_MALFORMED);
}

/* A message to a mapping that knows it by its structured data. */
static void parameters(void)
{
    mapping_folder_put(&folder, "other/chest.xml",
                       "<mapping vendor=\"Other\" product=\"Chest\"><guide title=\"none\"/>"
                       "<recognise format=\"text\"><sd-id>chest</sd-id></recognise>"
                       "<code from=\"what\"/><rule name=\"r\" kind=\"malware.found\"><match "
                       "code=\"7\"/><set field=\"action\" from=\"a\"/><set field=\"message\" "
                       "from=\"@body\"/></rule></mapping>");
    load(RULE(""));
    /* Of one name twice, in the element or in another, the first of the product's own counts. */
    normalizing_run(&n, folder.set,
                    SLICE("<13>1 - h app - - [other@1 a=\"forged\" more=\"x\"][origin ip=\"1\"]"
                          "[chest@32473 what=\"7\" a=\"q\\\" a=\\\"no\\\"\" a=\"late\"] text"));
    IS_KIND(MALWARE_FOUND);
    UNIT_TEXT(TEXT(ACTION), "q\" a=\"no\"");
    UNIT_TEXT(TEXT(MESSAGE), "text");
    UNIT_TEXT(normalizing_unmapped(&n, "more"), "x");
    CU_ASSERT_EQUAL(normalizing_unmapped(&n, "ip").n, 0); /* the transport's, no event's */
    mapping_folder_put(&folder, "other/chest.xml",
                       "<mapping vendor=\"Other\" product=\"Chest\"><guide title=\"none\"/>"
                       "<recognise format=\"text\"><starts>chest</starts></recognise></mapping>");
}

/* A code inside a text, and what was taken out with it, before any rule is asked. */
static void codes(void)
{
    load("<code from=\"$id\"><extract from=\"a\">^id=(?'id'\\d+) (?'rest'.*)$</extract></code>"
         "<rule name=\"r\" kind=\"malware.found\"><match code=\"7\"/><when from=\"$rest\" "
         "starts=\"up\"/><set field=\"action\" from=\"$rest\"/></rule>");
    run("a=id\\=7 up and on");
    IS_KIND(MALWARE_FOUND);
    UNIT_TEXT(TEXT(ACTION), "up and on");
    UNIT_TEXT(TEXT(EVENT_CODE), "7");
    run("a=id\\=7 down");
    IS_KIND(SYSTEM_STATUS);
    run("a=no such thing");
    CU_ASSERT_FALSE(HAS(EVENT_CODE));
}

/* Rules of vendor.xml after the mapping's own. */
static void rule_sets(void)
{
    mapping_folder_put(&folder, "example/vendor.xml",
                       "<vendor name=\"Example\"><rules name=\"s\">"
                       "<rule name=\"same\" kind=\"link.down\"><match code=\"1\"/></rule>"
                       "<rule name=\"asks\" kind=\"link.up\"><match code=\"1\"/>"
                       "<when from=\"a\" equals=\"up\"/></rule></rules></vendor>");
    load("<rule name=\"own\" kind=\"malware.found\"><match code=\"1\"/><when from=\"a\" "
         "equals=\"1\"/></rule><rule name=\"same\" kind=\"ips.detect\"><match code=\"2\"/></rule>"
         "<use rules=\"s\"/>");
    run("a=1");
    IS_KIND(MALWARE_FOUND);
    run("a=up");
    IS_KIND(LINK_UP);
    run("a=2"); /* "same" is the mapping's own, of another code */
    IS_KIND(SYSTEM_STATUS);
    mapping_folder_put(&folder, "example/vendor.xml", "<vendor name=\"Example\"/>");
}

/* What a trace tells: for each field its source and line. */
static void traces(void)
{
    load("<rule name=\"r\" kind=\"malware.found\"><match code=\"1\"/>\n<set field=\"action\" "
         "from=\"x|a\"/>\n<set field=\"reason\" value=\"fixed\"/></rule>");
    run("a=1");
    UNIT_TEXT(n.trace.code, "1");
    CU_ASSERT_STRING_EQUAL(n.trace.how, "vendor and product");
    int found = 0;
    for (size_t i = 0; i < n.trace.n_steps; i++) {
        const struct normalize_step *step = &n.trace.steps[i];
        if (step->field == GW_FIELD_ACTION)
            found += slice_equal(step->source, SLICE("a")) && step->line == 3;
        if (step->field == GW_FIELD_REASON)
            found += step->source.n == 0 && step->line == 4;
    }
    CU_ASSERT_EQUAL(found, 2);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"set", set},
        {"nothing said", nothing_said},
        {"numbers", numbers},
        {"addresses and times", typed},
        {"differs-from", differs},
        {"questions", questions},
        {"if and else", branches},
        {"kind and severity", kinds},
        {"extract and drop", extracts},
        {"rules", rules},
        {"blocks and common", shared},
        {"templates", templates},
        {"time", times},
        {"columns", columns},
        {"forged", forged},
        {"varbinds", varbinds},
        {"parameters of structured data", parameters},
        {"sets of rules", rule_sets},
        {"a code inside a text", codes},
        {"limits", limits},
        {"traces", traces},
        CU_TEST_INFO_NULL,
    };
    xml_init();
    folder = mapping_folder_new();
    normalizing_init(&n, 0);
    int status = unit_run("language", tests);
    normalizing_fini(&n);
    mapping_folder_free(&folder);
    xml_fini();
    return status;
}
