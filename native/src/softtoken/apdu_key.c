/*
 * Card commands of session keys. ECCExportSessionKey takes the number of the cipher (4 bytes) and the recipient's x, y,
 * and answers the key's number (2 bytes) and the key encrypted: x, y, C3, C2; ImportSessionKey takes the number of the
 * cipher and such a ciphertext, and answers the key's number. The others begin with that number: EncryptInit,
 * DecryptInit and MacInit have 1 byte of padding (1: PKCS #7) and the iv behind it, the rest have data. Encrypt,
 * Decrypt and Mac are Update and Final in one. All ours.
 */
#include <string.h>

#include "gmpki/rand.h"
#include "softtoken/apdu_session.h"
#include "softtoken/skf_blobs.h"
#include "softtoken/skf_key.h"

void st_apdu_key_clear(st_apdu_key *key) {
    st_cipher_free(key->cipher[ST_APDU_ENCRYPTING]);
    st_cipher_free(key->cipher[ST_APDU_DECRYPTING]);
    st_mac_free(key->mac);
    gmpki_cleanse(key, sizeof *key);
}

/* ---- how keys come and go -------------------------------------------------------------- */

/* A place for one more key; the device says how many there may be. */
static enum st_status choose_slot(st_apdu_session *session, size_t *slot) {
    st_device_info info;
    enum st_status status = st_device_get_info(session->device, &info);
    for (*slot = 0; status == ST_OK && *slot < ST_APDU_KEYS; (*slot)++) {
        if (!session->keys[*slot].used) {
            return *slot < info.max_session_keys ? ST_OK : ST_ERR_NO_ROOM;
        }
    }
    return status == ST_OK ? ST_ERR_NO_ROOM : status;
}

static enum st_status keep(st_apdu_session *session, size_t slot, uint32_t algorithm, const uint8_t *value,
                           size_t len) {
    st_apdu_key *key = &session->keys[slot];
    key->used = 1;
    key->algorithm = algorithm;
    key->len = len;
    memcpy(key->value, value, len);
    return st_apdu_put_number(session, 2, (uint32_t)slot + 1);
}

enum st_status st_apdu_key_export(st_apdu_session *session, st_apdu_command *command) {
    uint8_t value[ST_MAX_CIPHER_KEY_LEN];
    uint8_t ciphertext[GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD + ST_MAX_CIPHER_KEY_LEN];
    const uint8_t *point = NULL;
    uint32_t number = 0;
    size_t slot = 0;
    size_t len = 0;
    st_skf_algorithm algorithm = {0};
    gmpki_sm2_public_key recipient;
    enum st_status status = st_apdu_take_number(&command->data, 4, &number);
    status = status == ST_OK ? st_apdu_take(&command->data, &point, GMPKI_SM2_POINT_LEN) : status;
    status = status == ST_OK ? st_apdu_at_end(&command->data) : status;
    status = status == ST_OK ? st_skf_algorithm_find(&algorithm, number) : status;
    status = status == ST_OK ? choose_slot(session, &slot) : status;
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_public_key_load(&recipient, point, GMPKI_SM2_POINT_LEN));
    }
    status = status == ST_OK ? st_skf_from_core(gmpki_random(value, algorithm.key_len)) : status;
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_encrypt(&recipient, ciphertext, sizeof ciphertext, &len, value,
                                                    algorithm.key_len, GMPKI_SM2_C1C3C2_BARE));
    }
    status = status == ST_OK ? keep(session, slot, number, value, algorithm.key_len) : status;
    gmpki_cleanse(value, sizeof value);
    return status == ST_OK ? st_apdu_put(session, ciphertext, len) : status;
}

enum st_status st_apdu_key_import(st_apdu_session *session, st_apdu_command *command) {
    uint8_t value[ST_MAX_CIPHER_KEY_LEN];
    uint32_t number = 0;
    size_t slot = 0;
    size_t len = sizeof value;
    st_skf_algorithm algorithm = {0};
    enum st_status status = st_apdu_take_number(&command->data, 4, &number);
    status = status == ST_OK ? st_skf_algorithm_find(&algorithm, number) : status;
    status = status == ST_OK ? choose_slot(session, &slot) : status;
    if (status == ST_OK) {
        status = st_key_sm2_decrypt(session->device, command->application, command->container, ST_ENCRYPTION,
                                    command->data.at, command->data.left, value, &len);
    }
    if (status == ST_ERR_BUFFER || (status == ST_OK && len != algorithm.key_len)) {
        status = ST_ERR_DECRYPT; /* one answer for every cause */
    }
    status = status == ST_OK ? keep(session, slot, number, value, len) : status;
    gmpki_cleanse(value, sizeof value);
    return status;
}

static enum st_status take_key(st_apdu_session *session, st_apdu_command *command, st_apdu_key **key) {
    uint32_t number = 0;
    enum st_status status = st_apdu_take_number(&command->data, 2, &number);
    if (status == ST_OK && (number == 0 || number > ST_APDU_KEYS || !session->keys[number - 1].used)) {
        status = ST_ERR_NO_KEY;
    }
    if (status == ST_OK) {
        *key = &session->keys[number - 1];
    }
    return status;
}

enum st_status st_apdu_key_destroy(st_apdu_session *session, st_apdu_command *command) {
    st_apdu_key *key = NULL;
    enum st_status status = take_key(session, command, &key);
    status = status == ST_OK ? st_apdu_at_end(&command->data) : status;
    if (status == ST_OK) {
        st_apdu_key_clear(key);
    }
    return status;
}

/* ---- ciphers: A4 to AA encrypt, AC to B2 decrypt --------------------------------------- */

enum { FIRST_OF_DECRYPTION = 0xAC };

static int direction_of(const st_apdu_command *command) {
    return command->ins < FIRST_OF_DECRYPTION ? ST_APDU_ENCRYPTING : ST_APDU_DECRYPTING;
}

enum st_status st_apdu_cipher_init(st_apdu_session *session, st_apdu_command *command) {
    st_apdu_key *key = NULL;
    st_cipher *cipher = NULL;
    st_skf_algorithm algorithm = {0};
    uint32_t padding = 0;
    enum st_status status = take_key(session, command, &key);
    status = status == ST_OK ? st_apdu_take_number(&command->data, 1, &padding) : status;
    status = status == ST_OK ? st_skf_algorithm_find(&algorithm, key->algorithm) : status;
    if (status == ST_OK && algorithm.mode == ST_SKF_MAC_MODE) {
        status = ST_ERR_KEY_USAGE;
    }
    if (status != ST_OK) {
        return status;
    }
    int direction = direction_of(command);
    const st_cipher_spec spec = {.algorithm = algorithm.cipher,
                                 .mode = algorithm.mode,
                                 .direction = direction == ST_APDU_ENCRYPTING ? ST_ENCRYPT : ST_DECRYPT,
                                 .padding = (int)padding,
                                 .key = key->value,
                                 .key_len = key->len,
                                 .iv = command->data.left == 0 ? NULL : command->data.at,
                                 .iv_len = command->data.left};
    status = st_cipher_new(&cipher, &spec);
    if (status == ST_OK) {
        st_cipher_free(key->cipher[direction]);
        key->cipher[direction] = cipher;
    }
    return status;
}

/* Run a step of the cipher that Init made, on what stands behind the key's number. */
static enum st_status step(st_apdu_session *session, st_apdu_command *command, int is_update, int is_final) {
    st_apdu_key *key = NULL;
    size_t len = sizeof session->answer;
    enum st_status status = take_key(session, command, &key);
    if (status == ST_OK && !is_update) {
        status = st_apdu_at_end(&command->data);
    }
    st_cipher *cipher = status == ST_OK ? key->cipher[direction_of(command)] : NULL;
    if (status == ST_OK && cipher == NULL) {
        status = ST_ERR_STATE;
    }
    if (status != ST_OK) {
        return status;
    }
    if (is_update && is_final) {
        status = st_cipher_crypt(cipher, session->answer, &len, command->data.at, command->data.left);
    } else if (is_update) {
        status = st_cipher_update(cipher, session->answer, &len, command->data.at, command->data.left);
    } else {
        status = st_cipher_final(cipher, session->answer, &len);
    }
    if (status == ST_OK) {
        session->answer_len = len;
    }
    if (is_final || status != ST_OK) {
        st_cipher_free(cipher);
        key->cipher[direction_of(command)] = NULL;
    }
    return status == ST_ERR_BUFFER ? ST_ERR_NO_ROOM : status;
}

enum st_status st_apdu_cipher_whole(st_apdu_session *session, st_apdu_command *command) {
    return step(session, command, 1, 1);
}

enum st_status st_apdu_cipher_update(st_apdu_session *session, st_apdu_command *command) {
    return step(session, command, 1, 0);
}

enum st_status st_apdu_cipher_final(st_apdu_session *session, st_apdu_command *command) {
    return step(session, command, 0, 1);
}

/* ---- MACs ------------------------------------------------------------------------------ */

enum st_status st_apdu_mac_init(st_apdu_session *session, st_apdu_command *command) {
    st_apdu_key *key = NULL;
    st_mac *mac = NULL;
    st_skf_algorithm algorithm = {0};
    uint32_t padding = 0;
    enum st_status status = take_key(session, command, &key);
    status = status == ST_OK ? st_apdu_take_number(&command->data, 1, &padding) : status;
    status = status == ST_OK && padding != ST_NO_PADDING ? ST_ERR_ARGUMENT : status;
    status = status == ST_OK ? st_skf_algorithm_find(&algorithm, key->algorithm) : status;
    if (status == ST_OK) {
        status = st_mac_new(&mac, algorithm.cipher, key->value, key->len,
                            command->data.left == 0 ? NULL : command->data.at, command->data.left);
    }
    if (status == ST_OK) {
        st_mac_free(key->mac);
        key->mac = mac;
    }
    return status;
}

static enum st_status mac_step(st_apdu_session *session, st_apdu_command *command, int is_final) {
    st_apdu_key *key = NULL;
    size_t len = sizeof session->answer;
    enum st_status status = take_key(session, command, &key);
    if (status == ST_OK && key->mac == NULL) {
        status = ST_ERR_STATE;
    }
    if (status != ST_OK) {
        return status;
    }
    status = st_mac_update(key->mac, command->data.at, command->data.left);
    if (status == ST_OK && is_final) {
        status = st_mac_final(key->mac, session->answer, &len);
        session->answer_len = status == ST_OK ? len : 0;
    }
    if (is_final || status != ST_OK) {
        st_mac_free(key->mac);
        key->mac = NULL;
    }
    return status;
}

enum st_status st_apdu_mac_whole(st_apdu_session *session, st_apdu_command *command) {
    return mac_step(session, command, 1);
}

enum st_status st_apdu_mac_update(st_apdu_session *session, st_apdu_command *command) {
    return mac_step(session, command, 0);
}

enum st_status st_apdu_mac_final(st_apdu_session *session, st_apdu_command *command) {
    return command->data.left == 2 ? mac_step(session, command, 1) : ST_ERR_INPUT_LEN;
}
