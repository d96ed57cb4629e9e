/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `eogctl learn` and `eogctl sources --unknown` make of messages that nobody knows: names of
 * shapes a terminal may show, and a mapping that agrees with mapping.rng, compiles, and knows its
 * own samples again.
 *
 * An input is some messages with an RS between them, each behind 'n' for a notification's octets,
 * or another byte.
 */
#include "gateway/base/charset.h"
#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/ctl/offline.h"
#include "gateway/ctl/stub.h"
#include "gateway/xml/document.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/mapping_folder.h"

const char *const fuzz_own_seeds[] = {"stub", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

enum { MESSAGES_MAX = 8, RS = 0x1e };

/* libFuzzer calls nobody at the end: the folder goes when the process does. */
static struct mapping_folder folder;
static struct offline offline;
static struct arena held;

static void clean_up(void)
{
    offline_fini(&offline);
    arena_fini(&held);
    mapping_folder_free(&folder);
    xml_fini();
}

static void begin(void)
{
    if (folder.path[0])
        return;
    xml_init();
    folder = mapping_folder_new();
    offline_init(&offline);
    arena_init(&held, 0);
    atexit(clean_up);
}

/* What is read back from the journal is UTF-8, but for a notification's octets. */
static struct slice utf8(struct slice text)
{
    struct charset_loss loss;
    return charset_to_utf8(NULL, text, &held, &loss);
}

/* As the daemon records it. Of a notification that cannot be read again its OID is known all the
   same. */
static struct slice code_of(struct slice raw, bool is_notification)
{
    static struct fields fields;
    struct slice code;
    if (!shape_parse(raw, is_notification, &offline.arena, &fields))
        return SLICE("1.3.6.1.4.1.32473.9.0.7");
    code = shape_header(&fields, is_notification ? "trap_oid" : "device_event_class_id");
    return arena_dup(&held, code.n ? code : shape_header(&fields, "mnemonic"));
}

static struct shapes *read_shapes(struct slice in)
{
    struct shapes *shapes = shapes_new();
    struct slice one;
    bool has_more = true;
    arena_reset(&held);
    for (int i = 0; has_more && i < MESSAGES_MAX; i++) {
        has_more = slice_cut(in, RS, &one, &in);
        bool is_notification = one.n > 0 && one.p[0] == 'n';
        struct slice raw = slice_skip(one, 1);
        if (!is_notification)
            raw = utf8(raw);
        shapes_add(shapes, raw, is_notification, code_of(raw, is_notification), raw, i);
    }
    shapes_sort(shapes);
    return shapes;
}

static void check_shown(const char *text)
{
    struct slice s = slice_from(text);
    FUZZ_CHECK(utf8_is_valid(s));
    for (size_t i = 0; i < s.n; i++)
        FUZZ_CHECK((unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f);
}

#ifdef FUZZ_SEARCH
enum { IS_SEARCH = 1 };
#else
enum { IS_SEARCH = 0 };
#endif

/* As learn chooses: those that one mapping would take. */
static size_t choose(const struct shapes *shapes, const struct shape **out)
{
    size_t n = 0;
    for (size_t i = 0; i < shapes_count(shapes); i++) {
        const struct shape *shape = shapes_at(shapes, i);
        check_shown(shape->key);
        check_shown(shape->group);
        for (size_t k = 0; k < shape->n_peers; k++)
            check_shown(shape->peers[k]);
        if (n == 0 || strcmp(shape->group, out[0]->group) == 0)
            out[n++] = shape;
    }
    return n;
}

/* It becomes the name of two files. */
static void check_id(struct slice id)
{
    size_t slashes = 0;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        FUZZ_CHECK((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '/');
        slashes += c == '/';
    }
    FUZZ_CHECK(slashes == 1 && id.p[0] != '/' && id.p[id.n - 1] != '/');
}

static void show_and_end(struct stub *stub, const struct diag *diag)
{
    fprintf(stderr, "%s\n%s\n", buf_text(&stub->mapping), buf_text(&stub->samples));
    diag_print(diag, stderr);
    abort();
}

/* eogctl test, in short. The corpus must hold it whole. A search that finds a message whose stub
   does not know it has found a nuisance for a person (learn's stub wants a word more), no hazard:
   then only what reads the samples is tried. */
static void run_samples(struct stub *stub, const struct mapping_set *set)
{
    struct arena arena;
    struct diag diag = {0};
    struct sample *sample = NULL;
    arena_init(&arena, 0);
    if (samples_read(buf_get(&stub->samples), "samples", &arena, &diag, &sample) != GW_OK)
        show_and_end(stub, &diag);
    for (; sample; sample = sample->next) {
        const char *wrong = offline_sample(&offline, set, sample);
        bool is_known = !wrong && offline.trace.mapping && offline.trace.rule >= 0;
        if (!is_known && !IS_SEARCH) {
            diag_add(&diag, "samples", sample->line, "%s", wrong ? wrong : "not recognised");
            show_and_end(stub, &diag);
        }
    }
    arena_fini(&arena);
}

static void check_stub(struct stub *stub)
{
    char name[256];
    snprintf(name, sizeof name, "%.200s.xml", buf_text(&stub->id));
    mapping_folder_put(&folder, name, buf_text(&stub->mapping));
    const struct mapping_set *set = mapping_folder_load(&folder);
    if (!set)
        show_and_end(stub, &folder.diag);
    run_samples(stub, set);
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder.path, name);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct shape *chosen[MESSAGES_MAX];
    struct stub stub;
    begin();
    struct shapes *shapes = read_shapes(fuzz_slice(data, size));
    const char *wrong = stub_write(chosen, choose(shapes, chosen), NULL, &stub);
    check_id(buf_get(&stub.id));
    if (!wrong)
        check_stub(&stub);
    stub_free(&stub);
    shapes_free(shapes);
    return 0;
}
