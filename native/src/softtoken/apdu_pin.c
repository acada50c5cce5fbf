/*
 * Card commands of PINs. Protected data (apdu_protection.c) hold PINs, each behind its length in one byte: the PIN for
 * VerifyPIN, the old and the new one for ChangePIN, the administrator's and the user's new one for UnblockPIN. P2 says
 * whose, with SKF's numbers. GetPINInfo answers the most tries, those left, and whether the PIN is still the first one,
 * a byte each (ours).
 */
#include "softtoken/apdu_session.h"

enum { PINS_MAX = 2 };

enum st_status st_apdu_pin_info(st_apdu_session *session, st_apdu_command *command) {
    st_pin_info info;
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK) {
        status = st_pin_get_info(session->device, command->application, command->p2, &info);
    }
    if (status == ST_OK) {
        status = st_apdu_put_number(session, 1, info.max_tries);
    }
    if (status == ST_OK) {
        status = st_apdu_put_number(session, 1, info.tries_left);
    }
    return status == ST_OK ? st_apdu_put_number(session, 1, info.is_default != 0) : status;
}

/* The PINs of a command. The caller cleanses them. */
static enum st_status take_pins(st_apdu_session *session, const st_apdu_command *command,
                                char pins[PINS_MAX][ST_PIN_MAX + 1], size_t count) {
    uint8_t plaintext[ST_APDU_PROTECTED_MAX];
    st_apdu_fields fields;
    enum st_status status = st_apdu_unprotect(session, &command->data, plaintext, &fields);
    if (status != ST_OK) {
        return status;
    }
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = st_apdu_take_counted(&fields, pins[i], ST_PIN_MAX);
    }
    if (status == ST_OK) {
        status = st_apdu_at_end(&fields);
    }
    gmpki_cleanse(plaintext, sizeof plaintext);
    return status;
}

enum st_status st_apdu_pin_verify(st_apdu_session *session, st_apdu_command *command) {
    char pins[PINS_MAX][ST_PIN_MAX + 1];
    enum st_status status = take_pins(session, command, pins, 1);
    if (status == ST_OK) {
        status = st_pin_verify(session->device, command->application, command->p2, pins[0], &session->tries_left);
    }
    gmpki_cleanse(pins, sizeof pins);
    return status;
}

enum st_status st_apdu_pin_change(st_apdu_session *session, st_apdu_command *command) {
    char pins[PINS_MAX][ST_PIN_MAX + 1];
    enum st_status status = take_pins(session, command, pins, 2);
    if (status == ST_OK) {
        status =
            st_pin_change(session->device, command->application, command->p2, pins[0], pins[1], &session->tries_left);
    }
    gmpki_cleanse(pins, sizeof pins);
    return status;
}

enum st_status st_apdu_pin_unblock(st_apdu_session *session, st_apdu_command *command) {
    char pins[PINS_MAX][ST_PIN_MAX + 1];
    enum st_status status = take_pins(session, command, pins, 2);
    if (status == ST_OK) {
        status = st_pin_unblock(session->device, command->application, pins[0], pins[1], &session->tries_left);
    }
    gmpki_cleanse(pins, sizeof pins);
    return status;
}

enum st_status st_apdu_logout(st_apdu_session *session, st_apdu_command *command) {
    enum st_status status = st_apdu_at_end(&command->data);
    return status == ST_OK ? st_logout(session->device, command->application) : status;
}
