/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_INVENTORY_H
#define GATEWAY_CTL_INVENTORY_H

/* `eogctl inventory check FILE`: what a list of hosts would change, before it is loaded. */
int ctl_inventory(int argc, char **argv);

#endif
