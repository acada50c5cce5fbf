/* A device's state: loaded, saved, and whether somebody else has saved it. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "gmpki/kdf.h"
#include "gmpki/sm3.h"
#include "softtoken/names.h"
#include "softtoken/store_state.h"

enum { VERSION = 1, AT_VERSION = 8, AT_LENGTH = 12, AT_GENERATION = 16, AT_MAC = 24 };

static const uint8_t magic[8] = {'G', 'M', 'P', 'K', 'I', 'T', 'O', 'K'};

_Static_assert(AT_MAC + ST_MAC_LEN == ST_HEADER_LEN, "the header ends with its MAC");

/* ---- opening ---------------------------------------------------------------------------- */

enum st_status st_store_prepare(st_store **store, const char *root, const char *serial) {
    *store = NULL;
    char *folder = st_serial_is_valid(serial) ? st_root_path(root) : NULL;
    if (folder == NULL) {
        return ST_ERR_NO_DEVICE;
    }
    st_store *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->folder = st_join_path(folder, serial);
    }
    free(folder);
    if (made == NULL || made->folder == NULL) {
        free(made);
        return ST_ERR_MEMORY;
    }
    memcpy(made->serial, serial, strlen(serial) + 1);
    for (int kind = 0; kind < ST_LOCK_KINDS; kind++) {
        made->locks[kind] = -1;
    }
    made->process = getpid();
    *store = made;
    return ST_OK;
}

static int expand(uint8_t *key, size_t key_len, const uint8_t prk[GMPKI_SM3_DIGEST_LEN], const char *info) {
    return gmpki_sm3_hkdf_expand(key, key_len, prk, GMPKI_SM3_DIGEST_LEN, (const uint8_t *)info, strlen(info));
}

enum st_status st_store_derive(st_store *store, const uint8_t root_key[ST_ROOT_KEY_LEN]) {
    uint8_t prk[GMPKI_SM3_DIGEST_LEN];
    int status =
        gmpki_sm3_hkdf_extract(prk, (const uint8_t *)store->serial, strlen(store->serial), root_key, ST_ROOT_KEY_LEN);
    if (status == GMPKI_OK) {
        status = expand(store->mac_key, sizeof store->mac_key, prk, "gmpki softtoken mac");
    }
    if (status == GMPKI_OK) {
        status = expand(store->key, sizeof store->key, prk, "gmpki softtoken seal");
    }
    gmpki_cleanse(prk, sizeof prk);
    return status == GMPKI_OK ? ST_OK : ST_ERR_FAILED;
}

/* What an error of reading a file of the device means. */
static enum st_status from_errno(int error) {
    switch (error) {
    case ENOENT:
        return ST_ERR_NO_DEVICE;
    case EFBIG:
        return ST_ERR_DAMAGED;
    case ENOMEM:
        return ST_ERR_MEMORY;
    default:
        return ST_ERR_READ;
    }
}

static enum st_status read_file(const st_store *store, const char *name, size_t max, st_bytes *data) {
    int folder;
    enum st_status status = st_open_folder(&folder, store);
    if (status == ST_OK) {
        status = st_read_file(folder, name, max, data) == 0 ? ST_OK : from_errno(errno);
        (void)close(folder);
    }
    return status;
}

enum st_status st_store_read_key(st_store *store) {
    st_bytes root_key = {NULL, 0};
    enum st_status status = read_file(store, "token.key", ST_ROOT_KEY_LEN, &root_key);
    if (status == ST_OK) {
        status = root_key.len == ST_ROOT_KEY_LEN ? st_store_derive(store, root_key.data) : ST_ERR_DAMAGED;
    }
    st_bytes_clear(&root_key);
    return status;
}

enum st_status st_store_open(st_store **store, const char *root, const char *serial) {
    if (st_store_presence(root, serial) == ST_UNKNOWN) {
        *store = NULL;
        return ST_ERR_NO_DEVICE;
    }
    enum st_status status = st_store_prepare(store, root, serial);
    if (status == ST_OK) {
        status = st_store_read_key(*store);
        /* A state without its key is not a device that is not there. */
        status = status == ST_ERR_NO_DEVICE ? ST_ERR_DAMAGED : status;
    }
    if (status != ST_OK) {
        st_store_close(*store);
        *store = NULL;
    }
    return status;
}

void st_store_close(st_store *store) {
    if (store == NULL) {
        return;
    }
    for (int kind = 0; kind < ST_LOCK_KINDS; kind++) {
        st_store_unlock(store, kind);
    }
    free(store->folder);
    gmpki_cleanse(store, sizeof *store);
    free(store);
}

int st_store_is_absent(const st_store *store) {
    int folder;
    if (st_open_folder(&folder, store) != ST_OK) {
        return 0;
    }
    int absent = faccessat(folder, "absent", F_OK, 0) == 0;
    (void)close(folder);
    return absent;
}

const uint8_t *st_store_key(const st_store *store) {
    return store->key;
}

/* ---- the state -------------------------------------------------------------------------- */

/* The MAC of the header before it and of the body. */
static enum st_status mac_of(uint8_t mac[ST_MAC_LEN], const st_store *store, const uint8_t *header, const uint8_t *body,
                             size_t len) {
    gmpki_sm3_hmac_ctx ctx;
    int status = gmpki_sm3_hmac_init(&ctx, store->mac_key, sizeof store->mac_key);
    if (status == GMPKI_OK) {
        status = gmpki_sm3_hmac_update(&ctx, header, AT_MAC);
    }
    if (status == GMPKI_OK) {
        status = gmpki_sm3_hmac_update(&ctx, body, len);
    }
    if (status == GMPKI_OK) {
        status = gmpki_sm3_hmac_final(&ctx, mac);
    }
    gmpki_cleanse(&ctx, sizeof ctx);
    return status == GMPKI_OK ? ST_OK : ST_ERR_FAILED;
}

static enum st_status decode(const st_store *store, st_model **model, const st_bytes *file) {
    if (file->len < ST_HEADER_LEN || memcmp(file->data, magic, sizeof magic) != 0 ||
        load_be32(file->data + AT_LENGTH) != file->len - ST_HEADER_LEN) {
        return ST_ERR_DAMAGED;
    }
    const uint8_t *body = file->data + ST_HEADER_LEN;
    uint8_t mac[ST_MAC_LEN];
    int equal = 0;
    enum st_status status = mac_of(mac, store, file->data, body, file->len - ST_HEADER_LEN);
    if (status != ST_OK) {
        return status;
    }
    if (gmpki_equal(&equal, mac, file->data + AT_MAC, sizeof mac) != GMPKI_OK || !equal) {
        return ST_ERR_DAMAGED;
    }
    if (load_be32(file->data + AT_VERSION) != VERSION) {
        return ST_ERR_NOT_SUPPORTED;
    }
    status = st_model_decode(model, body, file->len - ST_HEADER_LEN);
    if (status == ST_OK && strcmp((*model)->serial, store->serial) != 0) {
        st_model_free(*model);
        *model = NULL;
        return ST_ERR_DAMAGED;
    }
    if (status == ST_OK) {
        (*model)->generation = load_be64(file->data + AT_GENERATION);
    }
    return status;
}

enum st_status st_store_load(st_store *store, st_model **model) {
    *model = NULL;
    zero_bytes(store->header, sizeof store->header);
    st_bytes file = {NULL, 0};
    enum st_status status = read_file(store, "token", ST_HEADER_LEN + ST_BODY_MAX, &file);
    if (status == ST_OK) {
        status = decode(store, model, &file);
    }
    if (status == ST_OK) {
        memcpy(store->header, file.data, sizeof store->header);
    }
    st_bytes_clear(&file);
    return status;
}

int st_store_is_current(const st_store *store) {
    uint8_t header[ST_HEADER_LEN];
    int folder;
    if (store->header[0] == 0 || st_open_folder(&folder, store) != ST_OK) {
        return 0;
    }
    int file = openat(folder, "token", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    (void)close(folder);
    if (file < 0) {
        return 0;
    }
    ssize_t got = pread(file, header, sizeof header, 0);
    (void)close(file);
    return got == (ssize_t)sizeof header && memcmp(header, store->header, sizeof header) == 0;
}

/* Header and body of the model's next generation in new memory. */
static enum st_status encode(const st_store *store, const st_model *model, st_bytes *file) {
    st_bytes body = {NULL, 0};
    enum st_status status = st_model_encode(model, &body);
    if (status != ST_OK) {
        return status;
    }
    file->len = ST_HEADER_LEN + body.len;
    file->data = malloc(file->len);
    if (file->data == NULL) {
        st_bytes_clear(&body);
        return ST_ERR_MEMORY;
    }
    memcpy(file->data, magic, sizeof magic);
    store_be32(file->data + AT_VERSION, VERSION);
    store_be32(file->data + AT_LENGTH, (uint32_t)body.len);
    store_be64(file->data + AT_GENERATION, model->generation + 1);
    memcpy(file->data + ST_HEADER_LEN, body.data, body.len);
    st_bytes_clear(&body);
    return mac_of(file->data + AT_MAC, store, file->data, file->data + ST_HEADER_LEN, file->len - ST_HEADER_LEN);
}

enum st_status st_store_save(st_store *store, st_model *model) {
    zero_bytes(store->header, sizeof store->header);
    if (store->locks[ST_LOCK_WRITE] < 0 || store->process != getpid()) {
        return ST_ERR_STATE;
    }
    if (st_model_used_space(model) > model->profile.total_space) {
        return ST_ERR_NO_ROOM;
    }
    st_bytes file = {NULL, 0};
    int folder = -1;
    enum st_status status = encode(store, model, &file);
    if (status == ST_OK) {
        status = st_open_folder(&folder, store);
    }
    if (status == ST_OK) {
        status = st_replace_file(folder, "token", file.data, file.len) == 0 ? ST_OK : ST_ERR_WRITE;
        (void)close(folder);
    }
    if (status == ST_OK) {
        model->generation++;
        memcpy(store->header, file.data, sizeof store->header);
    }
    st_bytes_clear(&file);
    return status;
}
