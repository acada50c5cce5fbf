/* Making a device. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "gmpki/rand.h"
#include "softtoken/sealed.h"
#include "softtoken/settings.h"
#include "softtoken/store_state.h"

enum { WAIT_MS = 30000 };

static enum st_status draw_serial(char serial[ST_SERIAL_MAX + 1]) {
    uint8_t random[8];
    if (gmpki_random(random, sizeof random) != GMPKI_OK) {
        return ST_ERR_RANDOM;
    }
    (void)snprintf(serial, ST_SERIAL_MAX + 1, "%08X%08X", (unsigned)load_be32(random), (unsigned)load_be32(random + 4));
    return ST_OK;
}

/* Make token.key with new random bytes. */
static enum st_status make_root_key(st_store *store) {
    uint8_t root_key[ST_ROOT_KEY_LEN];
    int folder;
    if (gmpki_random(root_key, sizeof root_key) != GMPKI_OK) {
        return ST_ERR_RANDOM;
    }
    enum st_status status = st_open_folder(&folder, store);
    if (status == ST_OK) {
        status = st_replace_file(folder, "token.key", root_key, sizeof root_key) == 0 ? ST_OK : ST_ERR_WRITE;
        (void)close(folder);
    }
    if (status == ST_OK) {
        status = st_store_derive(store, root_key);
    }
    gmpki_cleanse(root_key, sizeof root_key);
    return status;
}

/*
 * The generation and the first id of the new state. Where there was a device, both go on: a process that still knows
 * the old one by ids must not find others under them. A damaged one does not tell its ids; then we begin anywhere.
 */
static enum st_status continue_numbers(st_store *store, st_model *model) {
    st_model *old = NULL;
    enum st_status status = st_store_load(store, &old);
    if (status == ST_OK) {
        model->generation = old->generation;
        model->next_id = old->next_id;
        st_model_free(old);
        return ST_OK;
    }
    if (status == ST_ERR_NO_DEVICE) {
        return ST_OK;
    }
    uint8_t random[8];
    if (gmpki_random(random, sizeof random) != GMPKI_OK) {
        return ST_ERR_RANDOM;
    }
    model->next_id = 1 + (load_be32(random) >> 2);
    model->generation = load_be32(random + 4);
    return ST_OK;
}

static enum st_status fill_model(st_store *store, st_model *model, const st_settings *settings) {
    memcpy(model->serial, store->serial, sizeof model->serial);
    memcpy(model->label, settings->label, sizeof model->label);
    model->profile = settings->profile;
    enum st_status status = continue_numbers(store, model);
    if (status == ST_OK && model->profile.pin_iterations == 0) {
        status = st_measure_iterations(&model->profile.pin_iterations, settings->pin_cost_ms);
    }
    if (status == ST_OK) {
        st_place place = {.serial = store->serial, .kind = ST_SEALED_DEVICE_KEY};
        status = st_seal(model->device_key, store->key, &place, settings->device_key, sizeof settings->device_key);
    }
    return status;
}

/* Whether the folder holds a state. Only a clear no is one: after any other error the state may well be there, and must
 * not be written over. */
static enum st_status look_for_state(const st_store *store, int *is_there) {
    int folder;
    struct stat found;
    enum st_status status = st_open_folder(&folder, store);
    if (status != ST_OK) {
        return status;
    }
    *is_there = fstatat(folder, "token", &found, AT_SYMLINK_NOFOLLOW) == 0;
    status = *is_there || errno == ENOENT ? ST_OK : ST_ERR_READ;
    (void)close(folder);
    return status;
}

/* Under the locks: the key, unless it is there, then the state. */
static enum st_status make_state(st_store *store, const st_settings *settings) {
    int is_there = 0;
    enum st_status status = look_for_state(store, &is_there);
    if (status == ST_OK && is_there && !settings->replace) {
        status = ST_ERR_ARGUMENT;
    }
    if (status != ST_OK) {
        return status;
    }
    status = st_store_read_key(store);
    if (status == ST_ERR_NO_DEVICE || status == ST_ERR_DAMAGED) {
        status = make_root_key(store);
    }
    if (status != ST_OK) {
        return status;
    }
    st_model *model = st_model_new();
    status = model == NULL ? ST_ERR_MEMORY : fill_model(store, model, settings);
    if (status == ST_OK) {
        status = st_store_save(store, model);
    }
    st_model_free(model);
    return status;
}

/* Take away what a creation that failed made: while we hold the lock nobody else is at it. */
static void remove_remains(const st_store *store) {
    static const char *const names[] = {"token.key", "exclusive", "lock"};
    int folder, is_there = 0;
    if (look_for_state(store, &is_there) != ST_OK || is_there || st_open_folder(&folder, store) != ST_OK) {
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)unlinkat(folder, names[i], 0);
    }
    (void)close(folder);
    (void)rmdir(store->folder);
}

/* Make the folder's own entry durable. */
static enum st_status sync_root(const char *root) {
    char *path = st_root_path(root);
    int folder = path == NULL ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = folder < 0 ? -1 : fsync(folder);
    if (folder >= 0) {
        (void)close(folder);
    }
    free(path);
    return result == 0 ? ST_OK : ST_ERR_WRITE;
}

static enum st_status create(st_store *store, const char *root, const st_settings *settings) {
    enum st_status status = st_make_folders(store->folder);
    if (status == ST_OK) {
        status = sync_root(root);
    }
    if (status == ST_OK) {
        status = st_store_lock(store, ST_LOCK_EXCLUSIVE, WAIT_MS);
    }
    if (status == ST_OK) {
        status = st_store_lock(store, ST_LOCK_WRITE, WAIT_MS);
    }
    if (status == ST_OK) {
        status = make_state(store, settings);
        if (status != ST_OK) {
            remove_remains(store);
        }
    }
    return status;
}

enum st_status st_store_create(const char *root, const char *settings, char serial[ST_SERIAL_MAX + 1]) {
    st_settings wanted;
    st_store *store = NULL;
    enum st_status status = st_settings_read(&wanted, settings);
    if (status == ST_OK && wanted.serial[0] == 0) {
        status = draw_serial(wanted.serial);
    }
    if (status == ST_OK) {
        status = st_store_prepare(&store, root, wanted.serial);
        /* Neither a root given nor one in the environment. */
        status = status == ST_ERR_NO_DEVICE ? ST_ERR_WRITE : status;
    }
    if (status == ST_OK) {
        status = create(store, root, &wanted);
        st_store_close(store);
    }
    if (status == ST_OK) {
        memcpy(serial, wanted.serial, sizeof wanted.serial);
    }
    gmpki_cleanse(&wanted, sizeof wanted);
    return status;
}
