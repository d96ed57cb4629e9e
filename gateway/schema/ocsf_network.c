/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traffic: HTTP 4002, DNS 4003, Network 4001, Email 4009. Source: OCSF 1.8.0 classes. */
#include "gateway/schema/ocsf_internal.h"

/* Who began: the network's source, else the computer that the record is about. */
static void put_endpoints(struct ocsf_writer *w)
{
    ocsf_put_endpoint(w, JSON_KEY("src_endpoint"),
                      ocsf_has_endpoint(w, &ocsf_src) ? &ocsf_src : &ocsf_host);
    ocsf_put_endpoint(w, JSON_KEY("dst_endpoint"), &ocsf_dst);
    ocsf_put_connection(w);
    ocsf_take_text(w, JSON_KEY("app_name"), GW_FIELD_NET_APP);
}

bool ocsf_fits_http(const struct ocsf_writer *w)
{
    return ocsf_has(w, GW_FIELD_URL);
}

void ocsf_write_http(struct ocsf_writer *w)
{
    json_member_object(&w->json, JSON_KEY("http_request"));
    ocsf_put_url(w, JSON_KEY("url"));
    json_end_object(&w->json);
    put_endpoints(w);
    ocsf_put_file(w, JSON_KEY("file"));
    ocsf_put_host(w);
    ocsf_put_status(w, 0);
}

bool ocsf_fits_network(const struct ocsf_writer *w)
{
    return ocsf_has_endpoint(w, &ocsf_src) || ocsf_has_endpoint(w, &ocsf_host) ||
           ocsf_has_endpoint(w, &ocsf_dst);
}

void ocsf_write_dns(struct ocsf_writer *w)
{
    ocsf_put_query(w, JSON_KEY("query"));
    put_endpoints(w);
    ocsf_put_host(w);
    ocsf_put_status(w, 0);
}

void ocsf_write_network(struct ocsf_writer *w)
{
    put_endpoints(w);
    ocsf_put_url(w, JSON_KEY("url"));
    ocsf_put_host(w);
    ocsf_put_status(w, 0);
}

bool ocsf_fits_email(const struct ocsf_writer *w)
{
    return ocsf_has_email(w);
}

void ocsf_write_email(struct ocsf_writer *w)
{
    int64_t direction_id = ocsf_take_enum(w, GW_FIELD_DIRECTION, 4, 0);
    json_member_int(&w->json, JSON_KEY("direction_id"), direction_id);
    if (direction_id == 99)
        json_member_string(&w->json, JSON_KEY("direction"), SLICE("Other"));
    ocsf_put_email(w, JSON_KEY("email"));
    ocsf_put_endpoint(w, JSON_KEY("src_endpoint"),
                      ocsf_has_endpoint(w, &ocsf_src) ? &ocsf_src : &ocsf_source);
    ocsf_put_endpoint(w, JSON_KEY("dst_endpoint"), &ocsf_dst);
    ocsf_put_host(w);
    ocsf_put_status(w, 0);
}
