/* What SKF functions answer: codes, lengths, bytes, lists of names. */
#include <string.h>

#include "common/bytes.h"
#include "softtoken/skf_session.h"

/*
 * GM/T 0016-2012 annex A has no codes for containers that exist or do not, nor for a missing device authentication;
 * those that a published table gives to GM/T 0016-2023 stand for them.
 */
ULONG st_skf_code(enum st_status status) {
    static const ULONG codes[ST_STATUS_COUNT] = {
        [ST_OK] = SAR_OK,
        [ST_ERR_FAILED] = SAR_FAIL,
        [ST_ERR_NOT_SUPPORTED] = SAR_NOTSUPPORTYETERR,
        [ST_ERR_ARGUMENT] = SAR_INVALIDPARAMERR,
        [ST_ERR_NAME] = SAR_NAMELENERR,
        [ST_ERR_READ] = SAR_READFILEERR,
        [ST_ERR_WRITE] = SAR_WRITEFILEERR,
        [ST_ERR_DAMAGED] = SAR_OBJERR,
        [ST_ERR_MEMORY] = SAR_MEMORYERR,
        [ST_ERR_RANDOM] = SAR_GENRANDERR,
        [ST_ERR_TIMEOUT] = SAR_TIMEOUTERR,
        [ST_ERR_INPUT_LEN] = SAR_INDATALENERR,
        [ST_ERR_INPUT] = SAR_INDATAERR,
        [ST_ERR_KEY_LEN] = SAR_MODULUSLENERR,
        [ST_ERR_KEY_USAGE] = SAR_KEYUSAGEERR,
        [ST_ERR_SIGNATURE] = SAR_HASHNOTEQUALERR,
        [ST_ERR_DECRYPT] = SAR_INDATAERR,
        [ST_ERR_PADDING] = SAR_DECRYPTPADERR,
        [ST_ERR_BUFFER] = SAR_BUFFER_TOO_SMALL,
        [ST_ERR_STATE] = SAR_NOTINITIALIZEERR,
        [ST_ERR_NO_KEY] = SAR_KEYNOTFOUNTERR,
        [ST_ERR_NO_CERTIFICATE] = SAR_CERTNOTFOUNTERR,
        [ST_ERR_NO_EVENT] = SAR_NOT_EVENTERR,
        [ST_ERR_REMOVED] = SAR_DEVICE_REMOVED,
        [ST_ERR_NO_DEVICE] = SAR_DEVICE_REMOVED,
        [ST_ERR_PIN_INCORRECT] = SAR_PIN_INCORRECT,
        [ST_ERR_PIN_LOCKED] = SAR_PIN_LOCKED,
        [ST_ERR_PIN_LEN] = SAR_PIN_LEN_RANGE,
        [ST_ERR_PIN_NOT_SET] = SAR_USER_PIN_NOT_INITIALIZED,
        [ST_ERR_PIN_ROLE] = SAR_USER_TYPE_INVALID,
        [ST_ERR_LOGIN] = SAR_USER_NOT_LOGGED_IN,
        [ST_ERR_LOGGED_IN] = SAR_USER_ALREADY_LOGGED_IN,
        [ST_ERR_DEVICE_AUTH] = SAR_DEVNOAUTH,
        [ST_ERR_NO_APPLICATION] = SAR_APPLICATION_NOT_EXISTS,
        [ST_ERR_APPLICATION_EXISTS] = SAR_APPLICATION_EXISTS,
        [ST_ERR_NO_CONTAINER] = SAR_CONTAINER_NOT_EXISTS,
        [ST_ERR_CONTAINER_EXISTS] = SAR_CONTAINER_EXISTS,
        [ST_ERR_TOO_MANY_CONTAINERS] = SAR_REACH_MAX_CONTAINER_COUNT,
        [ST_ERR_NO_FILE] = SAR_FILE_NOT_EXIST,
        [ST_ERR_FILE_EXISTS] = SAR_FILE_ALREADY_EXIST,
        [ST_ERR_FILE_RANGE] = SAR_FILEERR,
        [ST_ERR_NO_OBJECT] = SAR_OBJERR,
        [ST_ERR_NO_ROOM] = SAR_NO_ROOM,
    };
    if ((unsigned)status >= ST_STATUS_COUNT || (status != ST_OK && codes[status] == SAR_OK)) {
        return SAR_UNKNOWNERR;
    }
    return codes[status];
}

enum st_status st_skf_length(ULONG *target, size_t len, enum st_status status) {
    if (status == ST_OK || status == ST_ERR_BUFFER) {
        if (len > UINT32_MAX) {
            return ST_ERR_INPUT_LEN;
        }
        *target = (ULONG)len;
    }
    return status;
}

/* Set the length to what is needed; ST_ERR_BUFFER where the caller has less room than that. */
static enum st_status make_room(const void *target, ULONG *target_len, size_t len) {
    if (target_len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    int fits = target == NULL || len <= *target_len;
    return st_skf_length(target_len, len, fits ? ST_OK : ST_ERR_BUFFER);
}

enum st_status st_skf_bytes(BYTE *target, ULONG *target_len, const void *data, size_t len) {
    enum st_status status = make_room(target, target_len, len);
    if (status == ST_OK && target != NULL) {
        copy_bytes(target, data, len);
    }
    return status;
}

enum st_status st_skf_names(LPSTR target, ULONG *size, const char *names, size_t stride, size_t count) {
    size_t len = 1;
    for (size_t i = 0; i < count; i++) {
        len += strlen(names + i * stride) + 1;
    }
    enum st_status status = make_room(target, size, len);
    if (status != ST_OK || target == NULL) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        size_t name_len = strlen(names + i * stride) + 1;
        memcpy(target, names + i * stride, name_len);
        target += name_len;
    }
    *target = '\0';
    return ST_OK;
}
