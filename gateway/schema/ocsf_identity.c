/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * People and what they changed: Authentication 3002, Account Change 3001, Entity Management 3004,
 * and Peripheral Activity 1010. Source: OCSF 1.8.0 classes.
 */
#include "gateway/schema/ocsf_internal.h"

/* Order matters: "undelete" is no word of these products, "disable" holds no "enable". */
struct verb {
    const char *word;
    int activity_id;
};

static int activity_by_word(const struct ocsf_writer *w, const struct verb *verbs, size_t n)
{
    struct slice action = ocsf_text(w, GW_FIELD_ACTION);
    for (size_t i = 0; i < n && action.n; i++)
        if (slice_contains_nocase(action, slice_from(verbs[i].word)))
            return verbs[i].activity_id;
    return gw_kind_activity_id((enum gw_kind)w->event->kind);
}

int ocsf_account_activity(const struct ocsf_writer *w)
{
    static const struct verb verbs[] = {
        {"create", 1},  {"add", 1},    {"enable", 2}, {"reset", 4},   {"password", 3},
        {"disable", 5}, {"delete", 6}, {"remove", 6}, {"unlock", 12}, {"lock", 9},
    };
    return activity_by_word(w, verbs, sizeof verbs / sizeof *verbs);
}

int ocsf_entity_activity(const struct ocsf_writer *w)
{
    static const struct verb verbs[] = {
        {"create", 1}, {"add", 1}, {"delete", 4}, {"remove", 4}, {"enable", 8}, {"disable", 9},
    };
    return activity_by_word(w, verbs, sizeof verbs / sizeof *verbs);
}

static bool has_user(const struct ocsf_writer *w)
{
    return ocsf_has(w, GW_FIELD_USER_NAME) || ocsf_has(w, GW_FIELD_TARGET_USER);
}

static void put_device(struct ocsf_writer *w)
{
    if (w->has_host)
        ocsf_put_device(w, JSON_KEY("device"));
}

/* Where one logs on to: the destination, the computer, the console. */
static const struct ocsf_endpoint product = {GW_FIELD_PRODUCT_IP, 0, GW_FIELD_PRODUCT_HOST, 0, 0};
static const struct ocsf_endpoint sender = {GW_FIELD_PEER, 0, GW_FIELD_SYSLOG_HOSTNAME, 0, 0};

static const struct ocsf_endpoint *logon_place(const struct ocsf_writer *w)
{
    const struct ocsf_endpoint *const places[] = {&ocsf_dst, &ocsf_host, &product, &sender};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (ocsf_has_endpoint(w, places[i]))
            return places[i];
    return NULL;
}

bool ocsf_fits_authentication(const struct ocsf_writer *w)
{
    return has_user(w) &&
           (logon_place(w) || ocsf_has(w, GW_FIELD_NET_APP) || ocsf_has(w, GW_FIELD_PRODUCT_NAME));
}

void ocsf_write_authentication(struct ocsf_writer *w)
{
    const struct ocsf_endpoint *place = logon_place(w);
    enum gw_field service =
        ocsf_has(w, GW_FIELD_NET_APP) ? GW_FIELD_NET_APP : GW_FIELD_PRODUCT_NAME;
    if (!ocsf_put_user(w, JSON_KEY("user"), GW_FIELD_USER_NAME, GW_FIELD_USER_DOMAIN))
        ocsf_put_user(w, JSON_KEY("user"), GW_FIELD_TARGET_USER, GW_FIELD_USER_DOMAIN);
    if (ocsf_has(w, service)) {
        json_member_object(&w->json, JSON_KEY("service"));
        ocsf_take_text(w, JSON_KEY("name"), service);
        json_end_object(&w->json);
    }
    if (place)
        ocsf_put_endpoint(w, JSON_KEY("dst_endpoint"), place);
    ocsf_put_endpoint(w, JSON_KEY("src_endpoint"),
                      ocsf_has_endpoint(w, &ocsf_src) ? &ocsf_src : &ocsf_source);
    if (place != &ocsf_host)
        put_device(w);
    ocsf_put_status(w, w->event->kind == GW_KIND_AUTH_LOGON_FAIL ? 2 : 1);
}

bool ocsf_fits_account(const struct ocsf_writer *w)
{
    return has_user(w);
}

void ocsf_write_account(struct ocsf_writer *w)
{
    /* With two names one changed the other; with one it is the account that was changed. */
    if (ocsf_put_user(w, JSON_KEY("user"), GW_FIELD_TARGET_USER, 0))
        ocsf_put_actor(w);
    else
        ocsf_put_user(w, JSON_KEY("user"), GW_FIELD_USER_NAME, GW_FIELD_USER_DOMAIN);
    ocsf_put_endpoint(w, JSON_KEY("src_endpoint"), &ocsf_src);
    if (ocsf_has(
            w, GW_FIELD_POLICY_NAME)) { /* this class has a list of its own; policy is deprecated */
        w->has_policy = true;
        json_member_array(&w->json, JSON_KEY("policies"));
        json_member_object(&w->json, JSON_ITEM);
        ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_POLICY_NAME);
        json_end_object(&w->json);
        json_end_array(&w->json);
    }
    put_device(w);
    ocsf_put_status(w, 0);
}

static const struct {
    enum gw_field field;
    uint8_t type_id; /* managed_entity.type_id; 99 with the text */
    struct slice type;
} entities[] = {
    {GW_FIELD_POLICY_NAME, 5, {"Policy", 6}},         {GW_FIELD_TARGET_USER, 2, {"User", 4}},
    {GW_FIELD_COMPONENT_NAME, 99, {"Component", 9}},  {GW_FIELD_FILE_NAME, 99, {"File", 4}},
    {GW_FIELD_EVENT_NAME, 99, {"Configuration", 13}}, {GW_FIELD_PRODUCT_NAME, 99, {"Product", 7}},
    {GW_FIELD_HOST_NAME, 1, {"Device", 6}},           {GW_FIELD_SYSLOG_HOSTNAME, 1, {"Device", 6}},
};

static size_t find_entity(const struct ocsf_writer *w)
{
    size_t i = 0;
    while (i < sizeof entities / sizeof *entities && !ocsf_has(w, entities[i].field))
        i++;
    return i;
}

bool ocsf_fits_entity(const struct ocsf_writer *w)
{
    return find_entity(w) < sizeof entities / sizeof *entities;
}

void ocsf_write_entity(struct ocsf_writer *w)
{
    size_t i = find_entity(w);
    json_member_object(&w->json, JSON_KEY("entity"));
    w->has_policy = entities[i].field == GW_FIELD_POLICY_NAME;
    ocsf_take_text(w, JSON_KEY("name"), entities[i].field);
    json_member_int(&w->json, JSON_KEY("type_id"), entities[i].type_id);
    json_member_string(&w->json, JSON_KEY("type"), entities[i].type);
    json_end_object(&w->json);
    ocsf_put_actor(w);
    put_device(w);
    ocsf_put_endpoint(w, JSON_KEY("src_endpoint"), &ocsf_src);
    ocsf_put_status(w, 0);
}

static enum gw_field peripheral_name(const struct ocsf_writer *w)
{
    return ocsf_has(w, GW_FIELD_PERIPHERAL) ? GW_FIELD_PERIPHERAL : GW_FIELD_CLASS;
}

bool ocsf_fits_peripheral(const struct ocsf_writer *w)
{
    return ocsf_has_actor(w) && ocsf_has(w, peripheral_name(w));
}

void ocsf_write_peripheral(struct ocsf_writer *w)
{
    json_member_object(&w->json, JSON_KEY("peripheral_device"));
    ocsf_take_text(w, JSON_KEY("name"), peripheral_name(w));
    ocsf_take_text(w, JSON_KEY("class"), GW_FIELD_CLASS);
    json_end_object(&w->json);
    ocsf_put_device_always(w, JSON_KEY("device"));
    ocsf_put_actor(w);
    ocsf_put_status(w, 0);
}
