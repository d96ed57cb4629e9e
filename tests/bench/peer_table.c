/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer_table PORT|MASTER ROWS STATE_DIR: the walk's peer, an agent written the way net-snmp's
 * documentation advises: a table_tdata of ROWS rows by 8 columns (6 INTEGER, 2 text) indexed by an
 * unsigned and a text, served until SIGTERM: over udp:127.0.0.1:PORT to community "public" and user
 * "nms" (SHA-256 "authentication", AES "privacy words"), or as a subagent of the master whose
 * AgentX socket is at the path MASTER.
 */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <signal.h>
#include <stdbool.h>

static volatile sig_atomic_t is_running = 1;
static oid table_oid[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 29, 1};

enum { COLUMN_FIRST = 3, COLUMN_LAST = 10 };

struct row {
    long number[COLUMN_LAST + 1];
    char text[2][40];
};

static void on_signal(int signal_number)
{
    (void)signal_number;
    is_running = 0;
}

static int serve(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                 netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    (void)handler;
    (void)registration;
    if (info->mode != MODE_GET)
        return SNMP_ERR_NOERROR;
    for (netsnmp_request_info *request = requests; request; request = request->next) {
        struct row *row = netsnmp_tdata_extract_entry(request);
        netsnmp_table_request_info *table = netsnmp_extract_table_info(request);
        if (!row || !table) {
            netsnmp_set_request_error(info, request, SNMP_NOSUCHINSTANCE);
        } else if (table->colnum >= COLUMN_LAST - 1) {
            const char *text = row->text[table->colnum - (COLUMN_LAST - 1)];
            snmp_set_var_typed_value(request->requestvb, ASN_OCTET_STR, text, strlen(text));
        } else {
            snmp_set_var_typed_integer(request->requestvb, ASN_INTEGER, row->number[table->colnum]);
        }
    }
    return SNMP_ERR_NOERROR;
}

static void make_table(int rows)
{
    netsnmp_tdata *table = netsnmp_tdata_create_table("peer", 0);
    netsnmp_table_registration_info *info = SNMP_MALLOC_TYPEDEF(netsnmp_table_registration_info);
    netsnmp_table_helper_add_indexes(info, ASN_UNSIGNED, ASN_OCTET_STR, 0);
    info->min_column = COLUMN_FIRST;
    info->max_column = COLUMN_LAST;
    netsnmp_tdata_register(netsnmp_create_handler_registration(
                               "peer", serve, table_oid, OID_LENGTH(table_oid), HANDLER_CAN_RONLY),
                           table, info);
    for (int i = 0; i < rows; i++) {
        netsnmp_tdata_row *entry = netsnmp_tdata_create_row();
        struct row *row = SNMP_MALLOC_TYPEDEF(struct row);
        unsigned kpi = 1 + (unsigned)i % 3;
        char scope[40];
        snprintf(scope, sizeof scope, "default/product-%05d", i / 3);
        for (int c = COLUMN_FIRST; c <= COLUMN_LAST; c++)
            row->number[c] = i * 7 + c;
        snprintf(row->text[0], sizeof row->text[0], "pattern %d.%d.00", i % 20, i % 1000);
        snprintf(row->text[1], sizeof row->text[1], "within the limits since row %d", i);
        entry->data = row;
        netsnmp_tdata_row_add_index(entry, ASN_UNSIGNED, &kpi, sizeof kpi);
        netsnmp_tdata_row_add_index(entry, ASN_OCTET_STR, scope, strlen(scope));
        netsnmp_tdata_add_row(table, entry);
    }
}

static void listen_or_join(const char *where)
{
    char address[64];
    bool is_subagent = where[0] == '/';
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, is_subagent);
    snprintf(address, sizeof address, "udp:127.0.0.1:%s", where);
    if (is_subagent)
        netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, where);
    else
        netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_PORTS, address);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    setenv("MIBS", "", 1);
    set_configuration_directory(argv[3]);
    set_persistent_directory(argv[3]);
    listen_or_join(argv[1]);
    netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SERVERRECVBUF, 4 << 20);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
                           NETSNMP_DS_AGENT_DONT_LOG_TCPWRAPPERS_CONNECTS, 1);
    char minus_smux[] = "-smux";
    add_to_init_list(minus_smux);
    if (init_agent("peer_table") != 0)
        return 1;
    make_table(atoi(argv[2]));
    init_snmp("peer_table");
    if (argv[1][0] != '/') {
        netsnmp_config("rocommunity public 127.0.0.1");
        netsnmp_config("createUser nms SHA-256 \"authentication\" AES \"privacy words\"");
        netsnmp_config("rouser nms authPriv");
        if (init_master_agent() != 0)
            return 1;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    while (is_running)
        agent_check_and_process(1);
    snmp_shutdown("peer_table");
    return 0;
}
