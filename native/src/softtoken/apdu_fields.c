/* Fields of commands and answers. */
#include <string.h>

#include "softtoken/apdu_session.h"

enum st_status st_apdu_take(st_apdu_fields *fields, const uint8_t **data, size_t len) {
    if (len > fields->left) {
        return ST_ERR_INPUT_LEN;
    }
    *data = fields->at;
    fields->at += len;
    fields->left -= len;
    return ST_OK;
}

enum st_status st_apdu_take_number(st_apdu_fields *fields, size_t width, uint32_t *number) {
    const uint8_t *bytes = NULL;
    enum st_status status = st_apdu_take(fields, &bytes, width);
    if (status == ST_OK) {
        *number = 0;
        for (size_t i = 0; i < width; i++) {
            *number = *number << 8 | bytes[i];
        }
    }
    return status;
}

enum st_status st_apdu_take_text(st_apdu_fields *fields, size_t len, char *text, size_t max) {
    const uint8_t *bytes = NULL;
    enum st_status status = st_apdu_take(fields, &bytes, len);
    if (status != ST_OK) {
        return status;
    }
    if (len > max || (len != 0 && memchr(bytes, 0, len) != NULL)) {
        return ST_ERR_NAME;
    }
    if (len != 0) {
        memcpy(text, bytes, len);
    }
    text[len] = '\0';
    return ST_OK;
}

enum st_status st_apdu_take_counted(st_apdu_fields *fields, char *text, size_t max) {
    uint32_t len = 0;
    enum st_status status = st_apdu_take_number(fields, 1, &len);
    return status == ST_OK ? st_apdu_take_text(fields, len, text, max) : status;
}

enum st_status st_apdu_at_end(const st_apdu_fields *fields) {
    return fields->left == 0 ? ST_OK : ST_ERR_INPUT_LEN;
}

enum st_status st_apdu_put(st_apdu_session *session, const void *data, size_t len) {
    if (len > sizeof session->answer - session->answer_len) {
        return ST_ERR_NO_ROOM;
    }
    if (len != 0) {
        memcpy(session->answer + session->answer_len, data, len);
    }
    session->answer_len += len;
    return ST_OK;
}

enum st_status st_apdu_put_number(st_apdu_session *session, size_t width, uint32_t number) {
    uint8_t bytes[4];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(number >> (8 * (sizeof bytes - 1 - i)));
    }
    return st_apdu_put(session, bytes + sizeof bytes - width, width);
}

enum st_status st_apdu_put_text(st_apdu_session *session, const char *text) {
    return st_apdu_put(session, text, strlen(text) + 1);
}

enum st_status st_apdu_put_key(st_apdu_session *session, const st_public_key *key) {
    if (key->kind == ST_SM2) {
        enum st_status status = st_apdu_put_number(session, 4, 8 * GMPKI_SM2_POINT_LEN / 2);
        return status == ST_OK ? st_apdu_put(session, key->point, sizeof key->point) : status;
    }
    enum st_status status = st_apdu_put_number(session, 4, key->rsa.bits);
    if (status == ST_OK) {
        status = st_apdu_put(session, key->rsa.n, key->rsa.bits / 8);
    }
    return status == ST_OK ? st_apdu_put(session, key->rsa.e, sizeof key->rsa.e) : status;
}
