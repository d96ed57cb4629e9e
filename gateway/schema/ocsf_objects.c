/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Objects that many classes share. Source: OCSF 1.8.0 objects of the same names. */
#include "gateway/schema/ocsf_internal.h"

/* ---- computers ---- */

bool ocsf_has_device(const struct ocsf_writer *w)
{
    return ocsf_has(w, GW_FIELD_HOST_NAME) || ocsf_has(w, GW_FIELD_HOST_GUID) ||
           ocsf_has_ip(w, GW_FIELD_HOST_IP);
}

static void put_os(struct ocsf_writer *w)
{
    static const struct {
        struct slice word;
        int type_id;
    } systems[] = {
        {{"windows", 7}, 100}, {{"linux", 5}, 200}, {{"mac", 3}, 300},
        {{"solaris", 7}, 400}, {{"aix", 3}, 401},
    };
    struct slice name = ocsf_text(w, GW_FIELD_HOST_OS);
    int type_id = 0;
    for (size_t i = 0; i < sizeof systems / sizeof *systems && !type_id; i++)
        if (slice_contains_nocase(name, systems[i].word))
            type_id = systems[i].type_id;
    json_member_object(&w->json, JSON_KEY("os"));
    ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_HOST_OS);
    json_member_int(&w->json, JSON_KEY("type_id"), type_id);
    json_end_object(&w->json);
}

static void put_interface(struct ocsf_writer *w)
{
    json_member_array(&w->json, JSON_KEY("network_interfaces"));
    json_member_object(&w->json, JSON_ITEM);
    ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_INTERFACE_NAME);
    const struct gw_value *index = ocsf_peek(w, GW_FIELD_INTERFACE_INDEX);
    if (index) { /* a number here, but uid is a string */
        json_key(&w->json, JSON_KEY("uid"));
        json_quote_int(w->json.out, index->number);
        ocsf_mark(w, GW_FIELD_INTERFACE_INDEX);
    }
    json_end_object(&w->json);
    json_end_array(&w->json);
}

void ocsf_put_device(struct ocsf_writer *w, struct json_key key)
{
    if (!ocsf_has_device(w))
        return;
    /* 1: Server, where the operating system's name says so; 0: unknown. */
    int type_id = slice_contains_nocase(ocsf_text(w, GW_FIELD_HOST_OS), SLICE("server")) ? 1 : 0;
    json_member_object(&w->json, key);
    json_member_int(&w->json, JSON_KEY("type_id"), type_id);
    ocsf_take_text(w, JSON_KEY("hostname"), GW_FIELD_HOST_NAME);
    ocsf_take_ip(w, JSON_KEY("ip"), GW_FIELD_HOST_IP);
    ocsf_take_mac(w, JSON_KEY("mac"), GW_FIELD_HOST_MAC);
    ocsf_take_text(w, JSON_KEY("uid"), GW_FIELD_HOST_GUID);
    ocsf_take_text(w, JSON_KEY("domain"), GW_FIELD_HOST_DOMAIN);
    if (ocsf_has(w, GW_FIELD_HOST_OS))
        put_os(w);
    if (ocsf_has(w, GW_FIELD_HOST_GROUP)) {
        json_member_array(&w->json, JSON_KEY("groups"));
        json_member_object(&w->json, JSON_ITEM);
        ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_HOST_GROUP);
        json_end_object(&w->json);
        json_end_array(&w->json);
    }
    if (ocsf_has(w, GW_FIELD_INTERFACE_NAME) || ocsf_has(w, GW_FIELD_INTERFACE_INDEX))
        put_interface(w);
    json_end_object(&w->json);
}

void ocsf_put_device_always(struct ocsf_writer *w, struct json_key key)
{
    static const enum gw_field names[] = {GW_FIELD_PRODUCT_HOST, GW_FIELD_SYSLOG_HOSTNAME};
    static const enum gw_field addresses[] = {GW_FIELD_PRODUCT_IP, GW_FIELD_SNMP_AGENT_ADDRESS,
                                              GW_FIELD_ORIGIN_IP, GW_FIELD_PEER};
    if (ocsf_has_device(w)) {
        ocsf_put_device(w, key);
        return;
    }
    bool is_named = false, is_addressed = false;
    json_member_object(&w->json, key);
    json_member_int(&w->json, JSON_KEY("type_id"), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names && !is_named; i++)
        is_named = ocsf_take_text(w, JSON_KEY("hostname"), names[i]);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses && !is_addressed; i++)
        is_addressed = ocsf_take_ip(w, JSON_KEY("ip"), addresses[i]);
    if (!is_named && !is_addressed)
        json_member_string(&w->json, JSON_KEY("name"), SLICE("unknown"));
    if (ocsf_has(w, GW_FIELD_INTERFACE_NAME) || ocsf_has(w, GW_FIELD_INTERFACE_INDEX))
        put_interface(w);
    json_end_object(&w->json);
}

const struct ocsf_endpoint ocsf_src = {GW_FIELD_SRC_IP, GW_FIELD_SRC_PORT, GW_FIELD_SRC_NAME,
                                       GW_FIELD_SRC_MAC, 0};
const struct ocsf_endpoint ocsf_dst = {GW_FIELD_DST_IP, GW_FIELD_DST_PORT, GW_FIELD_DST_NAME,
                                       GW_FIELD_DST_MAC, 0};
const struct ocsf_endpoint ocsf_source = {GW_FIELD_SOURCE_IP, 0, GW_FIELD_SOURCE_NAME,
                                          GW_FIELD_SOURCE_MAC, GW_FIELD_SOURCE_USER};
const struct ocsf_endpoint ocsf_host = {GW_FIELD_HOST_IP, 0, GW_FIELD_HOST_NAME, GW_FIELD_HOST_MAC,
                                        0};

bool ocsf_has_endpoint(const struct ocsf_writer *w, const struct ocsf_endpoint *endpoint)
{
    return ocsf_has(w, endpoint->name) || ocsf_has_ip(w, endpoint->ip);
}

bool ocsf_put_endpoint(struct ocsf_writer *w, struct json_key key,
                       const struct ocsf_endpoint *endpoint)
{
    if (!ocsf_has_endpoint(w, endpoint))
        return false;
    json_member_object(&w->json, key);
    ocsf_take_ip(w, JSON_KEY("ip"), endpoint->ip);
    ocsf_take_port(w, JSON_KEY("port"), endpoint->port);
    /* An infection's source may be a share or a mail address, which are no host names. */
    struct slice name = ocsf_text(w, endpoint->name);
    size_t i = 0;
    while (i < name.n && name.p[i] != '\\' && name.p[i] != '/' && name.p[i] != '@')
        i++;
    if (i == name.n)
        ocsf_take_text(w, JSON_KEY("hostname"), endpoint->name);
    else
        ocsf_take_text(w, JSON_KEY("name"), endpoint->name);
    ocsf_take_mac(w, JSON_KEY("mac"), endpoint->mac);
    ocsf_put_user(w, JSON_KEY("owner"), endpoint->user, 0);
    json_end_object(&w->json);
    return true;
}

/* ---- files, users, processes ---- */

static const struct {
    enum gw_field field;
    uint8_t digits, algorithm_id;
} hashes[] = {
    {GW_FIELD_FILE_SHA256, 64, 3}, {GW_FIELD_FILE_SHA1, 40, 2}, {GW_FIELD_FILE_MD5, 32, 1}};

enum { HASHES = sizeof hashes / sizeof *hashes };

/* Bit i: hashes[i] is there and is one. */
static unsigned sound_hashes(const struct ocsf_writer *w)
{
    unsigned set = 0;
    for (size_t i = 0; i < HASHES; i++)
        if (ocsf_is_hex(ocsf_text(w, hashes[i].field), hashes[i].digits))
            set |= 1u << i;
    return set;
}

bool ocsf_has_file(const struct ocsf_writer *w)
{
    return ocsf_has(w, GW_FIELD_FILE_NAME) || ocsf_has(w, GW_FIELD_FILE_PATH) || sound_hashes(w);
}

static struct slice last_part(struct slice path)
{
    size_t at = path.n;
    while (at > 0 && path.p[at - 1] != '/' && path.p[at - 1] != '\\')
        at--;
    return at < path.n ? slice_skip(path, at) : path;
}

void ocsf_put_file(struct ocsf_writer *w, struct json_key key)
{
    unsigned set = sound_hashes(w);
    struct slice path = ocsf_text(w, GW_FIELD_FILE_PATH);
    if (!set && !ocsf_has(w, GW_FIELD_FILE_NAME) && !ocsf_has(w, GW_FIELD_FILE_PATH))
        return;
    json_member_object(&w->json, key);
    if (!ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_FILE_NAME))
        json_member_string(&w->json, JSON_KEY("name"), path.n ? last_part(path) : SLICE("unknown"));
    json_member_int(&w->json, JSON_KEY("type_id"), 1);
    ocsf_take_text(w, JSON_KEY("path"), GW_FIELD_FILE_PATH);
    if (set) {
        json_member_array(&w->json, JSON_KEY("hashes"));
        for (size_t i = 0; i < HASHES; i++) {
            if (!(set >> i & 1))
                continue;
            json_member_object(&w->json, JSON_ITEM);
            json_member_int(&w->json, JSON_KEY("algorithm_id"), hashes[i].algorithm_id);
            ocsf_take_text(w, JSON_KEY("value"), hashes[i].field);
            json_end_object(&w->json);
        }
        json_end_array(&w->json);
    }
    json_end_object(&w->json);
}

bool ocsf_put_user(struct ocsf_writer *w, struct json_key key, enum gw_field name,
                   enum gw_field domain)
{
    if (!ocsf_has(w, name))
        return false;
    json_member_object(&w->json, key);
    ocsf_take_text(w, JSON_KEY("name"), name);
    ocsf_take_text(w, JSON_KEY("domain"), domain);
    json_end_object(&w->json);
    return true;
}

bool ocsf_has_actor(const struct ocsf_writer *w)
{
    return ocsf_has(w, GW_FIELD_USER_NAME) || ocsf_has(w, GW_FIELD_PROCESS_ID) ||
           ocsf_has(w, GW_FIELD_PROCESS_NAME) || ocsf_has(w, GW_FIELD_PROCESS_PATH);
}

bool ocsf_put_actor(struct ocsf_writer *w)
{
    if (!ocsf_has_actor(w))
        return false;
    json_member_object(&w->json, JSON_KEY("actor"));
    ocsf_put_user(w, JSON_KEY("user"), GW_FIELD_USER_NAME, GW_FIELD_USER_DOMAIN);
    if (ocsf_has(w, GW_FIELD_PROCESS_ID)) {
        json_member_object(&w->json, JSON_KEY("process"));
        ocsf_take_int(w, JSON_KEY("pid"), GW_FIELD_PROCESS_ID);
        ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_PROCESS_NAME);
        ocsf_take_text(w, JSON_KEY("path"), GW_FIELD_PROCESS_PATH);
        ocsf_take_text(w, JSON_KEY("cmd_line"), GW_FIELD_PROCESS_COMMAND);
        json_end_object(&w->json);
    } else if (!ocsf_take_text(w, JSON_KEY("app_name"), GW_FIELD_PROCESS_NAME)) {
        /* A process object needs an id; without one its name still says what acted. */
        ocsf_take_text(w, JSON_KEY("app_name"), GW_FIELD_PROCESS_PATH);
    }
    json_end_object(&w->json);
    return true;
}

void ocsf_put_host(struct ocsf_writer *w)
{
    if (!w->has_host)
        return;
    ocsf_put_device(w, JSON_KEY("device"));
    ocsf_put_actor(w);
}

/* ---- network ---- */

bool ocsf_put_url(struct ocsf_writer *w, struct json_key key)
{
    if (!ocsf_has(w, GW_FIELD_URL))
        return false;
    json_member_object(&w->json, key);
    ocsf_take_text(w, JSON_KEY("url_string"), GW_FIELD_URL);
    if (ocsf_has(w, GW_FIELD_URL_CATEGORY)) {
        json_member_array(&w->json, JSON_KEY("categories"));
        json_member_string(&w->json, JSON_ITEM, ocsf_text(w, GW_FIELD_URL_CATEGORY));
        json_end_array(&w->json);
        ocsf_mark(w, GW_FIELD_URL_CATEGORY);
    }
    json_end_object(&w->json);
    return true;
}

bool ocsf_put_query(struct ocsf_writer *w, struct json_key key)
{
    if (!ocsf_has(w, GW_FIELD_DNS_QUERY))
        return false;
    json_member_object(&w->json, key);
    ocsf_take_text(w, JSON_KEY("hostname"), GW_FIELD_DNS_QUERY);
    json_end_object(&w->json);
    return true;
}

bool ocsf_put_connection(struct ocsf_writer *w)
{
    if (!ocsf_has(w, GW_FIELD_DIRECTION) && !ocsf_has(w, GW_FIELD_NET_PROTOCOL))
        return false;
    json_member_object(&w->json, JSON_KEY("connection_info"));
    int64_t direction_id = ocsf_take_enum(w, GW_FIELD_DIRECTION, 4, 0);
    json_member_int(&w->json, JSON_KEY("direction_id"), direction_id);
    if (direction_id == 99)
        json_member_string(&w->json, JSON_KEY("direction"), SLICE("Other"));
    ocsf_take_range(w, JSON_KEY("protocol_num"), GW_FIELD_NET_PROTOCOL, 0, 255);
    json_end_object(&w->json);
    return true;
}

/* A list as people write it: parts between semicolons, commas or blanks. False at its end. */
static bool next_part(struct slice *rest, struct slice *part)
{
    return slice_next_between(rest, SLICE(";, \t\r\n<>"), part);
}

/* True when one address of the field is valid; *all says whether the field holds nothing else. */
static bool has_address(const struct ocsf_writer *w, enum gw_field field, bool *all)
{
    struct slice rest = ocsf_text(w, field), part;
    bool any = false;
    *all = true;
    while (next_part(&rest, &part)) {
        if (ocsf_is_email(part))
            any = true;
        else
            *all = false;
    }
    return any;
}

bool ocsf_has_email(const struct ocsf_writer *w)
{
    bool all;
    return ocsf_is_email(ocsf_text(w, GW_FIELD_EMAIL_FROM)) ||
           has_address(w, GW_FIELD_EMAIL_TO, &all);
}

void ocsf_put_email(struct ocsf_writer *w, struct json_key key)
{
    if (!ocsf_has_email(w))
        return;
    json_member_object(&w->json, key);
    if (ocsf_is_email(ocsf_text(w, GW_FIELD_EMAIL_FROM)))
        ocsf_take_text(w, JSON_KEY("from"), GW_FIELD_EMAIL_FROM);
    bool all;
    if (has_address(w, GW_FIELD_EMAIL_TO, &all)) {
        struct slice rest = ocsf_text(w, GW_FIELD_EMAIL_TO), part;
        json_member_array(&w->json, JSON_KEY("to"));
        while (next_part(&rest, &part))
            if (ocsf_is_email(part))
                json_member_string(&w->json, JSON_ITEM, part);
        json_end_array(&w->json);
        if (all)
            ocsf_mark(w, GW_FIELD_EMAIL_TO);
    }
    ocsf_take_text(w, JSON_KEY("subject"), GW_FIELD_EMAIL_SUBJECT);
    ocsf_take_text(w, JSON_KEY("message_uid"), GW_FIELD_EMAIL_ID);
    json_end_object(&w->json);
}
