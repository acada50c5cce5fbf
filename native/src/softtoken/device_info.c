/* A device as a whole: making and finding it, its label, random numbers, its authentication. */
#include <string.h>

#include "common/bytes.h"
#include "gmpki/rand.h"
#include "gmpki/sm4.h"
#include "softtoken/device.h"
#include "softtoken/names.h"

enum st_status st_device_create(const char *root, const char *settings, char serial[ST_SERIAL_MAX + 1]) {
    return serial == NULL ? ST_ERR_ARGUMENT : st_store_create(root, settings, serial);
}

enum st_status st_device_list(int present_only, char (*serials)[ST_SERIAL_MAX + 1], size_t *count) {
    static const size_t all = ST_LIST_MAX;
    char found[ST_LIST_MAX][ST_SERIAL_MAX + 1];
    size_t found_count = all, listed = 0;
    if (count == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_store_list(NULL, found, &found_count);
    if (status != ST_OK) {
        return status;
    }
    for (size_t i = 0; i < found_count; i++) {
        if (!present_only || st_store_presence(NULL, found[i]) == ST_PRESENT) {
            memmove(found[listed++], found[i], sizeof found[i]);
        }
    }
    status = st_room(serials, count, listed);
    if (status == ST_OK && serials != NULL) {
        copy_bytes(serials, found, listed * sizeof found[0]);
    }
    return status;
}

enum st_status st_device_state(const char *serial, int *state) {
    if (serial == NULL || state == NULL) {
        return ST_ERR_ARGUMENT;
    }
    *state = st_serial_is_valid(serial) ? (int)st_store_presence(NULL, serial) : ST_UNKNOWN;
    return ST_OK;
}

enum st_status st_device_get_info(st_device *device, st_device_info *info) {
    if (info == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter(device, ST_LOOKING);
    if (status != ST_OK) {
        return status;
    }
    const st_model *model = device->model;
    memset(info, 0, sizeof *info);
    memcpy(info->label, model->label, sizeof info->label);
    memcpy(info->serial, model->serial, sizeof info->serial);
    info->total_space = model->profile.total_space;
    info->free_space = info->total_space - st_model_used_space(model);
    info->max_applications = model->profile.max_applications;
    info->max_containers = model->profile.max_containers;
    info->max_session_keys = model->profile.max_session_keys;
    info->applications = (uint32_t)model->application_count;
    return st_leave(device, ST_OK);
}

enum st_status st_device_set_label(st_device *device, const char *label) {
    if (label == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (!st_name_is_valid(label, ST_LABEL_MAX)) {
        return ST_ERR_NAME;
    }
    enum st_status status = st_enter(device, ST_CHANGING);
    if (status != ST_OK) {
        return status;
    }
    memset(device->model->label, 0, sizeof device->model->label);
    memcpy(device->model->label, label, strlen(label));
    return st_leave(device, ST_OK);
}

enum st_status st_device_generation(st_device *device, uint64_t *generation) {
    if (generation == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter(device, ST_LOOKING);
    if (status != ST_OK) {
        return status;
    }
    *generation = device->model->generation;
    return st_leave(device, ST_OK);
}

enum st_status st_device_random(st_device *device, uint8_t *data, size_t len) {
    if (data == NULL && len != 0) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter(device, ST_LOOKING);
    if (status != ST_OK) {
        return status;
    }
    if (len != 0 && gmpki_random(data, len) != GMPKI_OK) {
        return st_leave(device, ST_ERR_RANDOM);
    }
    if (len == ST_CHALLENGE_LEN) {
        memcpy(device->challenge, data, ST_CHALLENGE_LEN);
        device->has_challenge = 1;
    }
    return st_leave(device, ST_OK);
}

static st_place device_key_place(const st_model *model) {
    return (st_place){model->serial, 0, 0, ST_SEALED_DEVICE_KEY};
}

/* GM/T 0016-2012 8.2.3: the challenge, filled with zeros to one block, under the device key. */
static enum st_status check_response(st_device *device, const uint8_t response[16]) {
    uint8_t key[ST_STORE_KEY_LEN], block[16] = {0};
    st_place place = device_key_place(device->model);
    int equal = 0;
    if (!device->has_challenge) {
        return ST_ERR_DEVICE_AUTH;
    }
    memcpy(block, device->challenge, ST_CHALLENGE_LEN);
    device->has_challenge = 0;
    enum st_status status = st_unseal(key, st_store_key(device->store), &place, device->model->device_key,
                                      sizeof device->model->device_key);
    if (status == ST_OK) {
        st_cipher_spec spec = {
            .algorithm = ST_SM4, .mode = ST_ECB, .direction = ST_ENCRYPT, .key = key, .key_len = sizeof key};
        size_t len = sizeof block;
        status = st_cipher_once(&spec, block, &len, block, sizeof block);
    }
    if (status == ST_OK && (gmpki_equal(&equal, block, response, sizeof block) != GMPKI_OK || !equal)) {
        status = ST_ERR_DEVICE_AUTH;
    }
    gmpki_cleanse(key, sizeof key);
    gmpki_cleanse(block, sizeof block);
    return status;
}

enum st_status st_device_authenticate(st_device *device, const uint8_t response[16]) {
    if (response == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter(device, ST_LOOKING);
    if (status != ST_OK) {
        return status;
    }
    status = check_response(device, response);
    device->authenticated = 0;
    if (status == ST_OK) {
        st_note_authentication(device);
    }
    return st_leave(device, status);
}

enum st_status st_device_change_key(st_device *device, const uint8_t key[16]) {
    if (key == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter(device, ST_CHANGING);
    if (status != ST_OK) {
        return status;
    }
    status = st_may(ST_DO_CHANGE_DEVICE_KEY, device->authenticated ? ST_IS_DEVICE_OWNER : 0u);
    if (status == ST_OK) {
        st_place place = device_key_place(device->model);
        status = st_seal(device->model->device_key, st_store_key(device->store), &place, key, ST_STORE_KEY_LEN);
    }
    if (status == ST_OK) {
        status = st_save_now(device);
    }
    if (status == ST_OK) {
        st_note_authentication(device);
    }
    return st_leave(device, status);
}
