/* Who may do what (GM/T 0016-2012 clause 8.2 and the permissions named with each function of clause 7). */
#include "softtoken/rights.h"

#include "softtoken/engine.h"

/* One of these must be there. */
static const unsigned needed[ST_ACTION_COUNT] = {
    [ST_DO_CHANGE_DEVICE_KEY] = ST_IS_DEVICE_OWNER,
    [ST_DO_CREATE_APPLICATION] = ST_IS_DEVICE_OWNER,
    [ST_DO_DELETE_APPLICATION] = ST_IS_DEVICE_OWNER,
    [ST_DO_SET_USER_PIN] = ST_IS_ADMIN,
    [ST_DO_CREATE_CONTAINER] = ST_IS_USER,
    [ST_DO_DELETE_CONTAINER] = ST_IS_USER,
    [ST_DO_MAKE_KEY] = ST_IS_USER,
    [ST_DO_DELETE_KEY] = ST_IS_USER,
    [ST_DO_USE_KEY] = ST_IS_USER,
    [ST_DO_SEE_PRIVATE_OBJECT] = ST_IS_USER,
};

enum st_status st_may(enum st_action action, unsigned who) {
    if ((needed[action] & who) != 0) {
        return ST_OK;
    }
    return needed[action] == ST_IS_DEVICE_OWNER ? ST_ERR_DEVICE_AUTH : ST_ERR_LOGIN;
}

enum st_status st_rights_let(uint32_t rights, unsigned who) {
    if (rights == ST_BY_ANYONE || ((rights & ST_BY_ADMIN) != 0 && (who & ST_IS_ADMIN) != 0) ||
        ((rights & ST_BY_USER) != 0 && (who & ST_IS_USER) != 0)) {
        return ST_OK;
    }
    return ST_ERR_LOGIN;
}

enum st_status st_rights_check(uint32_t rights) {
    return rights == ST_BY_ANYONE || (rights & ~(uint32_t)(ST_BY_ADMIN | ST_BY_USER)) == 0 ? ST_OK : ST_ERR_ARGUMENT;
}

enum st_protection st_file_protection(uint32_t read_rights, uint32_t write_rights) {
    uint32_t both = read_rights | write_rights;
    if (read_rights == ST_BY_ANYONE) {
        return ST_IN_CLEAR;
    }
    if (write_rights == ST_BY_ANYONE || both == ST_NEVER) {
        return ST_UNDER_STORE_KEY;
    }
    return (both & ST_BY_USER) != 0 ? ST_UNDER_USER_KEY : ST_UNDER_ADMIN_KEY;
}
