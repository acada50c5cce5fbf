/*
 * Card commands of RSA. GenRSAKeyPair takes the bits (4 bytes) and answers as ExportPublicKey: the bits, the modulus,
 * the exponent of 4 bytes; RSASignData takes what PKCS#1 v1.5 pads, a DigestInfo, and answers the signature; RSAVerify
 * takes a public key in that form, the length of the data (2 bytes), the data, and the signature. All ours.
 */
#include <string.h>

#include "softtoken/apdu_session.h"

enum st_status st_apdu_rsa_generate(st_apdu_session *session, st_apdu_command *command) {
    st_public_key key;
    uint32_t bits = 0;
    enum st_status status = st_apdu_take_number(&command->data, 4, &bits);
    status = status == ST_OK ? st_apdu_at_end(&command->data) : status;
    if (status == ST_OK) {
        status = st_key_generate_rsa(session->device, command->application, command->container, ST_SIGNING, bits, &key);
    }
    return status == ST_OK ? st_apdu_put_key(session, &key) : status;
}

enum st_status st_apdu_rsa_sign(st_apdu_session *session, st_apdu_command *command) {
    size_t len = sizeof session->answer;
    enum st_status status = st_key_rsa_sign(session->device, command->application, command->container, ST_SIGNING,
                                            session->answer, &len, command->data.at, command->data.left);
    if (status == ST_OK) {
        session->answer_len = len;
    }
    return status;
}

enum st_status st_apdu_rsa_verify(st_apdu_session *session, st_apdu_command *command) {
    st_rsa_public_key key = {0};
    const uint8_t *modulus = NULL;
    const uint8_t *exponent = NULL;
    const uint8_t *data = NULL;
    uint32_t data_len = 0;
    (void)session;
    enum st_status status = st_apdu_take_number(&command->data, 4, &key.bits);
    if (status == ST_OK && (key.bits % 8 != 0 || key.bits / 8 > ST_RSA_MAX_LEN)) {
        status = ST_ERR_KEY_LEN;
    }
    status = status == ST_OK ? st_apdu_take(&command->data, &modulus, key.bits / 8) : status;
    status = status == ST_OK ? st_apdu_take(&command->data, &exponent, ST_RSA_EXPONENT_LEN) : status;
    status = status == ST_OK ? st_apdu_take_number(&command->data, 2, &data_len) : status;
    status = status == ST_OK ? st_apdu_take(&command->data, &data, data_len) : status;
    if (status != ST_OK) {
        return status;
    }
    memcpy(key.n, modulus, key.bits / 8);
    memcpy(key.e, exponent, ST_RSA_EXPONENT_LEN);
    status = st_rsa_check_public(&key);
    return status == ST_OK ? st_rsa_verify(&key, data, data_len, command->data.at, command->data.left) : status;
}
