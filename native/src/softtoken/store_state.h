/* What an open store consists of, and its paths: shared by the store's own files. */
#ifndef GMPKI_SOFTTOKEN_STORE_STATE_H
#define GMPKI_SOFTTOKEN_STORE_STATE_H

#include <sys/types.h>

#include "softtoken/store.h"

enum { ST_MAC_LEN = 32, ST_HEADER_LEN = 8 + 4 + 4 + 8 + ST_MAC_LEN, ST_ROOT_KEY_LEN = 32 };

struct st_store {
    char *folder; /* the path of the device's folder */
    char serial[ST_SERIAL_MAX + 1];
    uint8_t mac_key[ST_MAC_LEN];
    uint8_t key[ST_STORE_KEY_LEN];
    uint8_t header[ST_HEADER_LEN]; /* of the state last loaded or saved; zeros: none */
    int locks[ST_LOCK_KINDS];      /* open files, -1 where not held */
    pid_t process;                 /* whose these are */
};

/* ---- store.c: what making a device uses, too --------------------------------------------- */

/* A store without its keys, for a folder that need not be there. ST_ERR_MEMORY, ST_ERR_NO_DEVICE for what cannot be a
 * serial number, or when no root is known. */
ST_CHECKED enum st_status st_store_prepare(st_store **store, const char *root, const char *serial);
/* Derive the keys of a store from what token.key holds. ST_ERR_FAILED. */
ST_CHECKED enum st_status st_store_derive(st_store *store, GMPKI_SECRET const uint8_t root_key[ST_ROOT_KEY_LEN]);
/* Read token.key and derive. ST_ERR_NO_DEVICE when it is not there, ST_ERR_DAMAGED, ST_ERR_READ. */
ST_CHECKED enum st_status st_store_read_key(st_store *store);

/* ---- store_paths.c ----------------------------------------------------------------------- */

/* In new memory; NULL when there is none. */
char *st_join_path(const char *folder, const char *name);
/* The path of a root, NULL when the environment names none (or there is no memory). */
char *st_root_path(const char *root);
/* Make a folder and those above it that are not there. */
ST_CHECKED enum st_status st_make_folders(const char *path);
/* Open the folder of a store. ST_ERR_NO_DEVICE, ST_ERR_READ. */
ST_CHECKED enum st_status st_open_folder(int *folder, const st_store *store);

#endif /* GMPKI_SOFTTOKEN_STORE_STATE_H */
