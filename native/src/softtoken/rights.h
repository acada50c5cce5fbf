/* Who may do what: the one table that every function of the engine asks. */
#ifndef GMPKI_SOFTTOKEN_RIGHTS_H
#define GMPKI_SOFTTOKEN_RIGHTS_H

#include <stdint.h>

#include "softtoken/status.h"

enum st_action {
    ST_DO_CHANGE_DEVICE_KEY,
    ST_DO_CREATE_APPLICATION,
    ST_DO_DELETE_APPLICATION,
    ST_DO_SET_USER_PIN,
    ST_DO_CREATE_CONTAINER,
    ST_DO_DELETE_CONTAINER,
    ST_DO_MAKE_KEY, /* generate, import */
    ST_DO_DELETE_KEY,
    ST_DO_USE_KEY,
    ST_DO_SEE_PRIVATE_OBJECT, /* read, write, make, delete */
    ST_ACTION_COUNT
};

/* Bits of who is there: those who logged in to the application, and whether the device was authenticated. */
enum { ST_IS_ADMIN = 1 << 0, ST_IS_USER = 1 << 1, ST_IS_DEVICE_OWNER = 1 << 2 };

/* ST_OK, ST_ERR_LOGIN or ST_ERR_DEVICE_AUTH. */
enum st_status st_may(enum st_action action, unsigned who);

/* Whether rights (a sum of enum st_rights) let them read, write or create. ST_ERR_LOGIN otherwise. */
enum st_status st_rights_let(uint32_t rights, unsigned who);

/* ST_ERR_ARGUMENT unless it is a sum of enum st_rights. */
enum st_status st_rights_check(uint32_t rights);

enum st_protection { ST_IN_CLEAR, ST_UNDER_USER_KEY, ST_UNDER_ADMIN_KEY, ST_UNDER_STORE_KEY };

/*
 * Under which key a file with these rights lies in the store. Everyone who may read or write it must have the key: a
 * writer opens what is there before he seals it again. The administrator has the user's key, since he can set the
 * user's PIN.
 */
enum st_protection st_file_protection(uint32_t read_rights, uint32_t write_rights);

#endif /* GMPKI_SOFTTOKEN_RIGHTS_H */
