/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person who starts the gateway by hand is shown. */
#include "gateway/daemon/addresses.h"

#include <stdio.h>

#include "config.h"
#include "gateway/agent/agent.h"
#include "gateway/intake/intake.h"
#include "gateway/snmp/session.h"
#include "gateway/web/settings.h"

static void print_listeners(const struct config *config, const char *element, const char *what)
{
    const struct intake_listener *listener;
    for (size_t i = 0; (listener = config_at(config, element, i)); i++)
        printf("  %-28s %s\n", what, listener->address);
}

void addresses_print(const struct config *config, const char *state_dir)
{
    printf("eog-gateway %s is running; state in %s\n", PACKAGE_VERSION, state_dir);
    print_listeners(config, "syslog-udp", "syslog over UDP");
    print_listeners(config, "syslog-tcp", "syslog over TCP");
    print_listeners(config, "syslog-tls", "syslog over TLS");
    print_listeners(config, "syslog-relp", "syslog over RELP");
    print_listeners(config, "syslog-unix", "syslog of this machine");
    print_listeners(config, "follow", "file followed");
    print_listeners(config, "notifications", "SNMP notifications");
    const struct agent_section *agent = config_get(config, "agent");
    if (agent->mode != GWSNMP_MODE_OFF)
        printf("  %-28s %s\n", "SNMP agent",
               agent->mode == GWSNMP_MODE_AGENTX ? agent->master : agent->address);
    const struct web_section *web = config_get(config, "web");
    if (web->address)
        printf("  %-28s http%s://%s/ (also /metrics, /healthz)\n", "its own page",
               web->cert ? "s" : "", web->address);
    printf("  %-28s eogctl status --state %s\n", "ask it", state_dir);
    fflush(stdout);
}
