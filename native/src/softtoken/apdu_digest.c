/*
 * Card commands of digests, of which one is under way at most. P2 of DigestInit is 1 for SM3, 2 for SHA-1, 3 for
 * SHA-256 (C); its data are empty, or for the e of SM2 the signer's x, y and id (ours). Digest is DigestUpdate and
 * DigestFinal in one.
 */
#include "softtoken/apdu_session.h"

enum { SM3 = 1, SHA1 = 2, SHA256 = 3 };

enum st_status st_apdu_digest_init(st_apdu_session *session, st_apdu_command *command) {
    st_digest *digest = NULL;
    const uint8_t *point = NULL;
    enum st_status status = ST_ERR_NOT_SUPPORTED;
    if (command->p2 == SM3 && command->data.left != 0) {
        status = st_apdu_take(&command->data, &point, GMPKI_SM2_POINT_LEN);
        status = status == ST_OK ? st_digest_new_sm2(&digest, point, command->data.at, command->data.left) : status;
    } else if (command->data.left != 0) {
        status = ST_ERR_INPUT_LEN;
    } else if (command->p2 == SM3) {
        status = st_digest_new(&digest, ST_SM3);
    } else if (command->p2 == SHA1 || command->p2 == SHA256) {
        status = st_digest_new(&digest, command->p2 == SHA1 ? ST_SHA1 : ST_SHA256);
    }
    if (status == ST_OK) {
        st_digest_free(session->digest);
        session->digest = digest;
    }
    return status;
}

enum st_status st_apdu_digest_update(st_apdu_session *session, st_apdu_command *command) {
    return session->digest == NULL ? ST_ERR_STATE
                                   : st_digest_update(session->digest, command->data.at, command->data.left);
}

enum st_status st_apdu_digest(st_apdu_session *session, st_apdu_command *command) {
    size_t len = sizeof session->answer;
    enum st_status status = st_apdu_digest_update(session, command);
    if (status == ST_OK) {
        status = st_digest_final(session->digest, session->answer, &len);
    }
    if (status == ST_OK) {
        session->answer_len = len;
    }
    st_digest_free(session->digest);
    session->digest = NULL;
    return status;
}

enum st_status st_apdu_digest_final(st_apdu_session *session, st_apdu_command *command) {
    enum st_status status = st_apdu_at_end(&command->data);
    return status == ST_OK ? st_apdu_digest(session, command) : status;
}
