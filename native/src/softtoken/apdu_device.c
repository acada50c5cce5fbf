/*
 * Card commands of the device. The layouts of GetDevInfo and DevAuth are those of one public program (C); SetLabel is
 * the label's bytes; ChangeDevAuthKey, protected, is the new key (ours).
 */
#include <string.h>

#include "softtoken/apdu_session.h"
#include "softtoken/skf_session.h"

enum {
    DEVICE_KEY_LEN = 16,
    RESERVED_LEN = 54,
    AUTHENTICATION_BY_PIN = 1, /* UserAuthMethod and DeviceType: what values mean is not known; ours */
    DEVICE_SOFTWARE = 0,
    FILES_MAX = 0xFFFF
};

enum st_status st_apdu_set_label(st_apdu_session *session, st_apdu_command *command) {
    char label[ST_LABEL_MAX + 1];
    enum st_status status = st_apdu_take_text(&command->data, command->data.left, label, ST_LABEL_MAX);
    return status == ST_OK ? st_device_set_label(session->device, label) : status;
}

static enum st_status put_version(st_apdu_session *session, VERSION version) {
    return st_apdu_put_number(session, 2, (uint32_t)version.major << 8 | version.minor);
}

/* From the same values as SKF's DEVINFO, in another order and with other fields behind them. */
enum st_status st_apdu_get_info(st_apdu_session *session, st_apdu_command *command) {
    static const uint8_t reserved[RESERVED_LEN] = {0};
    st_device_info info;
    DEVINFO skf;
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK) {
        status = st_device_get_info(session->device, &info);
    }
    if (status != ST_OK) {
        return status;
    }
    st_skf_info_write(&skf, &info);
    const uint32_t numbers[] = {skf.AlgSymCap,    skf.AlgAsymCap, skf.AlgHashCap,
                                skf.DevAuthAlgId, skf.TotalSpace, skf.FreeSpace};
    status = put_version(session, skf.Version);
    status = status == ST_OK ? put_version(session, (VERSION){1, 0}) : status; /* of the specification */
    status = status == ST_OK ? st_apdu_put(session, skf.Manufacturer, sizeof skf.Manufacturer) : status;
    status = status == ST_OK ? st_apdu_put(session, skf.Issuer, sizeof skf.Issuer) : status;
    status = status == ST_OK ? st_apdu_put(session, skf.Label, sizeof skf.Label) : status;
    status = status == ST_OK ? st_apdu_put(session, skf.SerialNumber, sizeof skf.SerialNumber) : status;
    status = status == ST_OK ? put_version(session, skf.HWVersion) : status;
    status = status == ST_OK ? put_version(session, skf.FirmwareVersion) : status;
    for (size_t i = 0; status == ST_OK && i < sizeof numbers / sizeof numbers[0]; i++) {
        status = st_apdu_put_number(session, 4, numbers[i]);
    }
    status = status == ST_OK ? st_apdu_put_number(session, 2, ST_APDU_DATA_MAX) : status;
    status = status == ST_OK ? st_apdu_put_number(session, 2, AUTHENTICATION_BY_PIN) : status;
    status = status == ST_OK ? st_apdu_put_number(session, 2, DEVICE_SOFTWARE) : status;
    status = status == ST_OK ? st_apdu_put_number(session, 1, info.max_containers) : status;
    status = status == ST_OK ? st_apdu_put_number(session, 1, 2 * info.max_containers) : status; /* certificates */
    status = status == ST_OK ? st_apdu_put_number(session, 2, FILES_MAX) : status;
    return status == ST_OK ? st_apdu_put(session, reserved, sizeof reserved) : status;
}

/* Le is how many. Exactly 8 bytes are also the challenge of what follows. */
enum st_status st_apdu_random(st_apdu_session *session, st_apdu_command *command) {
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK && (command->le == 0 || command->le > sizeof session->answer)) {
        status = ST_ERR_INPUT_LEN;
    }
    if (status == ST_OK) {
        status = st_device_random(session->device, session->answer, command->le);
    }
    if (status == ST_OK) {
        session->answer_len = command->le;
    }
    if (status == ST_OK && command->le == ST_APDU_CHALLENGE_LEN) {
        memcpy(session->challenge, session->answer, ST_APDU_CHALLENGE_LEN);
        session->has_challenge = 1;
    }
    return status;
}

enum st_status st_apdu_authenticate(st_apdu_session *session, st_apdu_command *command) {
    const uint8_t *response = NULL;
    enum st_status status = st_apdu_take(&command->data, &response, DEVICE_KEY_LEN);
    if (status == ST_OK) {
        status = st_apdu_at_end(&command->data);
    }
    session->has_challenge = 0;
    return status == ST_OK ? st_device_authenticate(session->device, response) : status;
}

enum st_status st_apdu_change_key(st_apdu_session *session, st_apdu_command *command) {
    uint8_t plaintext[ST_APDU_PROTECTED_MAX];
    st_apdu_fields fields;
    const uint8_t *key = NULL;
    enum st_status status = st_apdu_unprotect(session, &command->data, plaintext, &fields);
    if (status != ST_OK) {
        return status;
    }
    status = st_apdu_take(&fields, &key, DEVICE_KEY_LEN);
    if (status == ST_OK) {
        status = st_apdu_at_end(&fields);
    }
    if (status == ST_OK) {
        status = st_device_change_key(session->device, key);
    }
    gmpki_cleanse(plaintext, sizeof plaintext);
    return status;
}
