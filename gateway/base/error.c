/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of the error codes. */
#include "gateway/base/error.h"

const char *gw_error_text(int error)
{
    switch (error) {
    case GW_OK:
        return "ok";
    case GW_ERR_INVALID:
        return "invalid";
    case GW_ERR_IO:
        return "input/output error";
    case GW_ERR_NOT_FOUND:
        return "not found";
    case GW_ERR_EXISTS:
        return "exists already";
    case GW_ERR_FULL:
        return "full";
    case GW_ERR_CLOSED:
        return "closed";
    case GW_ERR_DAMAGED:
        return "damaged";
    case GW_ERR_VERSION:
        return "written by a newer version";
    case GW_ERR_DENIED:
        return "permission denied";
    case GW_ERR_BUSY:
        return "in use";
    }
    return "unknown error";
}
