/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of network gear, behind its headers and without. */
#include "tests/parsers/body.h"

static struct body_test t;

static void is(const char *message, const char *fields)
{
    UNIT_TEXT(body_read(&t, slice_from(message)), fields);
    CU_ASSERT_EQUAL(t.status, PARSE_OK);
}

/* Where a message of VRP 8 comes from, before its text. */
static void numbered(void)
{
    is("%%01IFNET/2/linkDown_clear(l):CID=0x807a0405-alarmID=0x08520003-clearType=x;The interface "
       "status changes. (ifName=10GE1/0/1, OperStatus=UP)",
       "text: facility=IFNET|form=%%01|severity=2|mnemonic=linkDown_clear|text=The interface "
       "status "
       "changes. (ifName=10GE1/0/1, OperStatus=UP)|type=l;CID=0x807a0405|alarmID=0x08520003|"
       "clearType=x|ifName=10GE1/0/1|OperStatus=UP");
    is("%%01AB/2/Y(l):CID=0x8, B=c;d",
       "text: facility=AB|form=%%01|severity=2|mnemonic=Y|text=CID=0x8, "
       "B=c;d|type=l;CID=0x8|B=c;d");
}

static void dashed(void)
{
    is("<189>7: sw1: *Mar  1 00:01:02.003: %LINK-3-UPDOWN: Interface Gi0/1, changed state to up",
       "text: facility=LINK|form=%|severity=3|mnemonic=UPDOWN|text=Interface Gi0/1, changed state "
       "to up");
    is("%SYSMGR-STANDBY-3-X: y",
       "text: facility=SYSMGR-STANDBY|form=%|severity=3|mnemonic=X|text=y");
    is("%ROUTING-BGP-5-ADJCHANGE : neighbor 192.0.2.1 Up",
       "text: facility=ROUTING-BGP|form=%|severity=5|mnemonic=ADJCHANGE|text=neighbor 192.0.2.1 "
       "Up");
    is("%LINEPROTO-5-UPDOWN", "text: facility=LINEPROTO|form=%|severity=5|mnemonic=UPDOWN|text=");
    is("ENVM-6-PSOK: fine", "text: facility=ENVM|form=%|severity=6|mnemonic=PSOK|text=fine");
    /* No severity, yet as sent. */
    is("%SEC-11-IPACCESSLOGP: list",
       "text: facility=SEC|form=%|severity=11|mnemonic=IPACCESSLOGP|text=list");
    /* Only a carrier's text may hold the head that counts. */
    is("%IOSXE-6-PLATFORM: R0/0: cpp_cp: QFP:0.0 %FW-6-DROP_PKT: Dropping tcp",
       "text: facility=FW|form=%|severity=6|mnemonic=DROP_PKT|text=Dropping tcp|carrier="
       "%IOSXE-6-PLATFORM:");
    is("%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: a %SYS-5-RESTART: b]",
       "text: facility=SEC_LOGIN|form=%|severity=4|mnemonic=LOGIN_FAILED|text=Login failed [user: "
       "a %SYS-5-RESTART: b]");
}

/* What is nearly a head is text. */
static void no_heads(void)
{
    static const char *const cases[] = {
        "%SYS",
        "%SYS-5",
        "%SYS-5-",
        "%SYS-5-:",
        "%SYS-x-RESTART: y",
        "%-5-RESTART: y",

        "ENVM-6-PSOK fine",
        "ENVM-16-PSOK: fine",
        "%SYS5",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice got = body_read(&t, slice_from(cases[i]));
        if (fields_find(&t.fields, SLICE("mnemonic")))
            printf("\n    %s: %.*s", cases[i], SLICE_FMT(got));
        CU_ASSERT_PTR_NULL(fields_find(&t.fields, SLICE("mnemonic")));
    }
}

static void slashed(void)
{
    is("<188>Apr  9 2026 17:28:50 gw1 %%01SSH/4/SSH_FAIL(l)[47]:Failed. (IP=192.0.2.7, "
       "UserName=u, Reason=\"a, IP=9\", IP=198.51.100.1)",
       "text: facility=SSH|form=%%01|severity=4|mnemonic=SSH_FAIL|text=Failed. (IP=192.0.2.7, "
       "UserName=u, Reason=\"a, IP=9\", IP=198.51.100.1)|type=l|number=47;IP=192.0.2.7|UserName=u|"
       "Reason=a, IP=9|IP=198.51.100.1");
    is("Apr  9 2026 17:28:50 gw1 LINE/5/VTYUSERLOGIN:OID 1.3.6.1.4.1.2011.5.25.207.2.2 A user "
       "login. (UserName=u)",
       "text: facility=LINE|form=:|severity=5|mnemonic=VTYUSERLOGIN|text=A user login. "
       "(UserName=u)|oid=1.3.6.1.4.1.2011.5.25.207.2.2;UserName=u");
    is("%%10SHELL/6/SHELL_CMD(l): -Task=vt0-IPAddr=192.0.2.8-User=x-y; Command is quit",
       "text: facility=SHELL|form=%%10|severity=6|mnemonic=SHELL_CMD|text=Command is "
       "quit|type=l;Task=vt0|IPAddr=192.0.2.8|User=x-y");
    is("%%10IFNET/4/INTERFACE UPDOWN(t):   Trap 1.3.6.1.6.3.1.1.5.4<linkUp>: Interface 9 is Up",
       "text: facility=IFNET|form=%%10|severity=4|mnemonic=INTERFACE UPDOWN|text=Interface 9 is "
       "Up|type=t|oid=1.3.6.1.6.3.1.1.5.4|trap=linkUp");
    is("<186>Oct 13 16:48:08 2026 sw1 10IFNET/2/2102x7: log_type=port;content=Line is DOWN.",
       "text: facility=IFNET|form=10|severity=2|mnemonic=2102x7|text=log_type=port;content=Line is "
       "DOWN.;log_type=port|content=Line is DOWN");
    is("%%10DPBLS/5/BLS_ENTRY(l): opMode(1026)=delete;srcIPAddr(1017)=192.0.2.9;t(1)=",
       "text: facility=DPBLS|form=%%10|severity=5|mnemonic=BLS_ENTRY|text=opMode(1026)=delete;"
       "srcIPAddr(1017)=192.0.2.9;t(1)=|type=l;opMode=delete|srcIPAddr=192.0.2.9|t=");
    is("% sw1 IFNET/3/LINK_UPDOWN: x",
       "text: facility=IFNET|form=: |severity=3|mnemonic=LINK_UPDOWN|text=x");
    is("%Jun 26 17:08:35:809 2026 sw1 SHELL/4/LOGIN: VTY login from 192.0.2.1.",
       "text: facility=SHELL|form=: |severity=4|mnemonic=LOGIN|text=VTY login from 192.0.2.1.");
}

/* What looks like a head and is none. */
static void others(void)
{
    static const char *const texts[] = {
        "100%-5-X: a",
        "<13>Oct 11 22:14:15 h postfix/5/cleanup: a",
        "%% Time to make 5/6/X: a",
        "%a-5-X: b",
        "% 5-X-Y: a",
        "%FAC-MNEM: a",
        "%%01MOD/9/X: a",
        "%%1MOD/4/X: a",
        "%%01MOD/4/X a b",
        "a %5",
        "%",
        "%%",
        "%%01",
        "A/1/",
        "A-1-b",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        is(texts[i], "text:");
}

static void headers(void)
{
    static const char *const cases[][3] = {
        /* message, host, time as sent */
        {"<166>20: sw1: 6340004: *Mar  4 11:45:20.411 CDT: %A-6-B: t", "sw1",
         "*Mar  4 11:45:20.411 CDT"},
        {"<166>wlc1: *spamApTask1: Mar  4 11:45:20: %A-6-B: t", "wlc1", "Mar  4 11:45:20"},
        {"<166>sw1: 00:01:01: %A-6-B: t", "sw1", ""},
        {"<166>20: sw1: 1 2: %A-6-B: t", "sw1", ""},
        {"<166>20: 1w2d: %A-6-B: t", "", ""},
        {"<166>xxxxx: Mar  4 11:45:20: %A-6-B: t", "", "Mar  4 11:45:20"},
        {"<166>: 2026 Mar  4 11:45:20 PDT: %A-6-B: t", "", "2026 Mar  4 11:45:20 PDT"},
        {"<11>July 22 22:45:28 sw1 %A-6-B: t", "sw1", "July 22 22:45:28"},
        {"Oct  4 13:06:07 2026 3Com Baseline Switch %%10A1/4/B(t): t", "3Com Baseline Switch",
         "Oct  4 13:06:07 2026"},
        {"Apr 16 15:15:09 192.0.2.6 Apr 16 2026 12:15:09 sw1 A1/4/B:t", "sw1",
         "Apr 16 2026 12:15:09"},
        {"<189>Jul 12 2026 11:03:11.50.3 r1 192.0.2.7 %%01A1/5/B(l)[7]:t", "r1",
         "Jul 12 2026 11:03:11.50.3"},
        {"<188>Jul 13 2026 06:16:14 r1 192.0.2.7 A1/4/B:t", "r1", "Jul 13 2026 06:16:14"},
        {"<188>Jul 13 2026 06:16:14 192.0.2.7 %%01A1/4/B(l):t", "192.0.2.7",
         "Jul 13 2026 06:16:14"},
        {"<166>fw1 : %ASA-6-302013: t", "fw1", ""},
        {"<166>fw1.example %ASA-6-302013: t", "fw1.example", ""},
        {"<166>two words : %ASA-6-302013: t", "", ""},
        {"<187>Aug 19 16:120:38 sw1 %%10A1/3/B(l): t", "", ""},
        {"<187>May 00 00:00:00 sw1 %%10A1/3/B(l): t", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        body_read(&t, slice_from(cases[i][0]));
        UNIT_TEXT(t.fields.syslog.hostname, cases[i][1]);
        UNIT_TEXT(t.fields.syslog.timestamp, cases[i][2]);
        CU_ASSERT_FATAL(t.fields.n_header >= 5);
        UNIT_TEXT(t.fields.v[4].value, "t");
    }
}

static void damage(void)
{
    static const char *const texts[] = {
        "<189>7: gw: *Mar  1 00:01:02: %IOSXE-6-PLATFORM: R0: %FW-6-DROP_PKT: x (a)",
        "%%01SSH/4/X(l)[47]:OID 1.3.6.1.4.1.2011.1 t (IP=192.0.2.7, U(12)=\"u\", R=a b)",
        "%%10SHELL/6/C D(l): -Task=vt0-User=x-y; Trap 1.3.6.1.6.3.1.1<n>: k=v;l=w",
        "% sw1 IFNET/3/LINK: -a=b"};
    body_damage(&t, texts, 4);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"dashed", dashed},     {"a place by its number", numbered},
                                        {"no heads", no_heads}, {"slashed", slashed},
                                        {"others", others},     {"headers", headers},
                                        {"damage", damage},     CU_TEST_INFO_NULL};
    int status = unit_run("mnemonic", tests);
    body_free(&t);
    return status;
}
