/*
 * How data with secrets reach the card. Ours: no source that was read says how GM/T 0017 does it, and the part of it
 * that one program shows, a challenge encrypted under SHA-1 of the PIN, would have the store keep what a guessed PIN
 * can be tried on at the speed of SHA-1.
 *
 * The card makes an SM2 pair for each session and gives out its public key (GetTransportKey). The protected data of a
 * command are x, y, C3, C2 (GB/T 32918.4-2016) of the 8 bytes that GenRandom gave last and the fields behind them. Who
 * listens learns nothing, and what was sent once is worth nothing later. Somebody between the card and its user is not
 * held off: the key is not certified.
 */
#include <string.h>

#include "softtoken/apdu_session.h"
#include "softtoken/skf_blobs.h"

enum st_status st_apdu_transport_key(st_apdu_session *session, st_apdu_command *command) {
    gmpki_sm2_public_key key;
    uint8_t point[GMPKI_SM2_POINT_LEN];
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK && !session->has_transport_key) {
        status = st_skf_from_core(gmpki_sm2_generate(&session->transport_key));
        session->has_transport_key = status == ST_OK;
    }
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_private_key_public(&session->transport_key, &key));
    }
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_public_key_store(&key, point, sizeof point));
    }
    return status == ST_OK ? st_apdu_put(session, point, sizeof point) : status;
}

enum st_status st_apdu_unprotect(st_apdu_session *session, const st_apdu_fields *data,
                                 uint8_t plaintext[ST_APDU_PROTECTED_MAX], st_apdu_fields *fields) {
    size_t len = 0;
    int is_fresh = 0;
    int is_ready = session->has_challenge && session->has_transport_key;
    session->has_challenge = 0;
    if (!is_ready) {
        return ST_ERR_STATE;
    }
    if (data->left > ST_APDU_PROTECTED_MAX) {
        return ST_ERR_INPUT_LEN;
    }
    int decrypted = gmpki_sm2_decrypt(&session->transport_key, plaintext, ST_APDU_PROTECTED_MAX, &len, data->at,
                                      data->left, GMPKI_SM2_C1C3C2_BARE);
    if (decrypted != GMPKI_OK || len < ST_APDU_CHALLENGE_LEN ||
        gmpki_equal(&is_fresh, plaintext, session->challenge, ST_APDU_CHALLENGE_LEN) != GMPKI_OK || !is_fresh) {
        gmpki_cleanse(plaintext, ST_APDU_PROTECTED_MAX);
        return ST_ERR_DECRYPT;
    }
    *fields = (st_apdu_fields){plaintext + ST_APDU_CHALLENGE_LEN, len - ST_APDU_CHALLENGE_LEN};
    return ST_OK;
}
