/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names by OID: the project's own table, small tables written here, and what no table may hold. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/mapping/names.h"
#include "gateway/schema/event.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

static struct names *load(const char *text, size_t *n_errors)
{
    char path[] = "/tmp/eog-names-XXXXXX";
    struct diag diag = {0};
    struct names *names = NULL;
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    int result = names_load(path, &diag, &names);
    CU_ASSERT((result == GW_OK) == (diag.total == 0));
    CU_ASSERT((names != NULL) == (result == GW_OK));
    *n_errors = diag.total;
    diag_free(&diag);
    unlink(path);
    return names;
}

static const char table[] = "# comment\n"
                            "1.3.6.1.4.1.9 Some Vendor\n"
                            "1.3.6.1.4.1.9.1\n"
                            ".2 shortOne\n"
                            ".2.5 longOne\n"
                            ".10.0.1 linkFlap link.down High\n"
                            ".10.7 withoutZero hardware.fault medium\n"
                            ".11.1 portName =interface.name @interface.index\n"
                            ".11.2 portState @interface.index\n"
                            "1.3.6.1.4.1.90 Other\n";

static void object_is(const struct names *names, const char *oid, const char *name,
                      const char *instance)
{
    struct slice rest;
    const struct names_row *row = names_object(names, slice_from(oid), &rest);
    CU_ASSERT(slice_equal(row ? names_name(row) : SLICE_NONE, slice_from(name)));
    CU_ASSERT(slice_equal(rest, slice_from(instance)));
}

static void longest_prefix(void)
{
    size_t errors;
    struct names *names = load(table, &errors);
    CU_ASSERT_PTR_NOT_NULL_FATAL(names);
    object_is(names, "1.3.6.1.4.1.9.1.2.3", "shortOne", ".3");
    object_is(names, "1.3.6.1.4.1.9.1.2.5.3", "longOne", ".3");
    object_is(names, "1.3.6.1.4.1.9.1.2.5", "longOne", NULL);
    object_is(names, "1.3.6.1.4.1.9.1.2.50", "shortOne", ".50"); /* 5 is no beginning of 50 */
    object_is(names, "1.3.6.1.4.1.9.1.2.4.9.9", "shortOne", ".4.9.9");
    object_is(names, "1.3.6.1.4.1.9.1.20", NULL, NULL);
    object_is(names, "1.3.6.1.4.1.9.1.10.0.1", NULL, NULL); /* no object */
    object_is(names, "", NULL, NULL);
    object_is(names, "no oid", NULL, NULL);
    object_is(NULL, "", NULL, NULL); /* a folder without notifications.txt */
    object_is(NULL, ".1", NULL, NULL);
    object_is(NULL, "1.3.6", NULL, NULL);
    CU_ASSERT(
        slice_equal(names_vendor(names, SLICE("1.3.6.1.4.1.9.1.2.5.3")), SLICE("Some Vendor")));
    CU_ASSERT(slice_equal(names_vendor(names, SLICE("1.3.6.1.4.1.90.1")), SLICE("Other")));
    CU_ASSERT(names_vendor(names, SLICE("1.3.6.1.4.1.91")).n == 0);
    CU_ASSERT(names_vendor(names, SLICE("1.3.6.1.4.1")).n == 0);
    names_free(names);
}

static void notifications(void)
{
    size_t errors;
    struct names *names = load(table, &errors);
    CU_ASSERT_PTR_NOT_NULL_FATAL(names);
    const struct names_row *row = names_notification(names, SLICE("1.3.6.1.4.1.9.1.10.0.1"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT(slice_equal(names_name(row), SLICE("linkFlap")));
    CU_ASSERT_EQUAL(row->kind, GW_KIND_LINK_DOWN);
    CU_ASSERT_EQUAL(row->severity, GW_SEVERITY_HIGH);
    row = names_notification(names, SLICE("1.3.6.1.4.1.9.1.10.7"));
    CU_ASSERT_PTR_NOT_NULL(row);
    CU_ASSERT_PTR_EQUAL(names_notification(names, SLICE("1.3.6.1.4.1.9.1.10.0.7")), row);
    CU_ASSERT_PTR_NULL(names_notification(names, SLICE("1.3.6.1.4.1.9.1.10.0.2")));
    CU_ASSERT_PTR_NULL(names_notification(names, SLICE("1.3.6.1.4.1.9.1.10.0.1.1")));
    CU_ASSERT_PTR_NULL(names_notification(names, SLICE("1.3.6.1.4.1.9.1.2"))); /* an object */
    CU_ASSERT_PTR_NULL(names_notification(names, SLICE(".0.")));
    CU_ASSERT_PTR_NULL(names_notification(NULL, SLICE("1.3")));
    names_free(names);
}

static void places(void)
{
    size_t errors;
    struct slice rest;
    struct names *names = load(table, &errors);
    CU_ASSERT_PTR_NOT_NULL_FATAL(names);
    const struct names_row *row = names_object(names, SLICE("1.3.6.1.4.1.9.1.11.1.7"), &rest);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_EQUAL(row->value_field, GW_FIELD_INTERFACE_NAME);
    CU_ASSERT_EQUAL(row->instance_field, GW_FIELD_INTERFACE_INDEX);
    CU_ASSERT(slice_equal(rest, SLICE(".7")));
    row = names_object(names, SLICE("1.3.6.1.4.1.9.1.11.2.7"), &rest);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_EQUAL(row->value_field, 0);
    CU_ASSERT_EQUAL(row->instance_field, GW_FIELD_INTERFACE_INDEX);
    row = names_object(names, SLICE("1.3.6.1.4.1.9.1.2.3"), &rest);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT(row->value_field == 0 && row->instance_field == 0);
    names_free(names);
}

/* Each is one mistake, told with its line. */
static void mistakes(void)
{
    static const char *const texts[] = {
        "1.3.6 A\n1.3.5 B\n",           /* order */
        "1.3.6 A\n1.3.6 B\n",           /* twice */
        "1.3.10 A\n1.3.9 B\n",          /* by numbers, not by letters */
        "1.3\n.1 a none.such high\n",   /* kind */
        "1.3\n.1 a link.down loud\n",   /* severity */
        "1.3\n.1 a link.down\n",        /* no severity */
        "1.3\n.1 a =none.such\n",       /* field */
        "1.3\n.1 a =\n",                /* no field */
        "1.3\n.1 a =host.ip =src.ip\n", /* two for one */
        "1.3\n.1 a @host.ip =src.ip x\n",
        "1..3 A\n",
        "1.3. A\n",
        "01.3 A\n",
        "1.03 A\n",
        "1.x A\n",
        "1.3.99999999999 A\n",
        "1.x\n",  /* a base */
        ".1 a\n", /* below nothing */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t errors;
        struct names *names = load(texts[i], &errors);
        CU_ASSERT_PTR_NULL(names);
        CU_ASSERT_EQUAL(errors, 1);
        names_free(names);
    }
    struct diag diag = {0};
    struct names *names;
    CU_ASSERT_EQUAL(names_load("/nowhere/at/all", &diag, &names), GW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(diag.total, 1);
    diag_free(&diag);
}

/* Any bytes may be asked for, right before a page that must not be read. */
static void hostile_questions(void)
{
    size_t errors;
    struct names *names = load(table, &errors);
    CU_ASSERT_PTR_NOT_NULL_FATAL(names);
    static const char oid[] = "1.3.6.1.4.1.9.1.10.0.7";
    struct guard guard = guard_new(sizeof oid);
    struct slice rest;
    for (size_t n = 0; n < sizeof oid; n++)
        for (int c = 0; c < 256; c++) {
            char text[sizeof oid];
            memcpy(text, oid, sizeof oid);
            if (n > 0)
                text[n - 1] = (char)c;
            struct slice asked = guard_put(&guard, slice_of(text, n));
            const struct names_row *row = names_object(names, asked, &rest);
            CU_ASSERT(row == NULL || rest.n < asked.n);
            row = names_notification(names, asked);
            CU_ASSERT(row == NULL || row->what == NAMES_NOTIFICATION);
            CU_ASSERT(names_vendor(names, asked).n <= strlen("Some Vendor"));
        }
    guard_free(&guard);
    names_free(names);
}

static void own_table(void)
{
    struct diag diag = {0};
    struct names *names;
    CU_ASSERT_EQUAL_FATAL(names_load(TEST_TOP_SRCDIR "/mappings/notifications.txt", &diag, &names),
                          GW_OK);
    object_is(names, "1.3.6.1.2.1.2.2.1.8.3", "ifOperStatus", ".3");
    const struct names_row *row = names_notification(names, SLICE("1.3.6.1.2.1.15.0.2"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_EQUAL(row->kind, GW_KIND_NET_NEIGHBOR_DOWN);
    /* A server's board: what cannot be recovered from is no recovery. */
    row = names_notification(names, SLICE("1.3.6.1.4.1.674.10892.1.0.1055"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_EQUAL(row->kind, GW_KIND_HARDWARE_FAULT);
    names_free(names);
    diag_free(&diag);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"longest prefix", longest_prefix},
        {"notifications", notifications},
        {"places", places},
        {"mistakes", mistakes},
        {"hostile questions", hostile_questions},
        {"the project's table", own_table},
        CU_TEST_INFO_NULL,
    };
    return unit_run("names", tests);
}
