/* Verifying many signatures (GB/T 32918.2-2016 7.1). */
#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm2/sm2.h"

/* Signatures that wait for the lanes, with where their results go. */
typedef struct queue {
    fn s[SM2_BATCH_MAX], t[SM2_BATCH_MAX], c[SM2_BATCH_MAX];
    affine p[SM2_BATCH_MAX];
    size_t item[SM2_BATCH_MAX];
    size_t used;
} queue;

/* What the key of an item alone decides. */
static int check_key(const gmpki_sm2_public_key *key) {
    if (key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    return sm2_public_ready(key) ? GMPKI_OK : GMPKI_ERR_STATE;
}

static void verify_alone(const sm2_signed *all, int *results, size_t item) {
    results[item] = sm2_verify_signature(all->keys[item], all->signatures + item * GMPKI_SM2_SIGNATURE_LEN,
                                         all->digests + item * GMPKI_SM3_DIGEST_LEN);
}

static void verify_queue(const sm2_batch *batch, queue *q, const sm2_signed *all, int *results) {
    uint64_t good[SM2_BATCH_MAX], unsure[SM2_BATCH_MAX];
    size_t part = sm2_batch_part(batch, q->used);
    if (part != 0) {
        batch->verify(good, unsure, q->s, q->t, q->p, q->c, part);
        DECLASSIFY(good, sizeof good[0] * part); /* the results tell it */
    }
    for (size_t i = 0; i < q->used; i++) {
        if (i >= part || unsure[i]) {
            verify_alone(all, results, q->item[i]);
        } else {
            results[q->item[i]] = good[i] ? GMPKI_OK : GMPKI_ERR_SIGNATURE;
        }
    }
    gmpki_cleanse(q->c, sizeof q->c);
    q->used = 0;
}

/* Put one signature into the queue, if it passes what its numbers alone decide. */
static void enqueue(queue *q, const sm2_signed *all, int *results, size_t item) {
    size_t i = q->used;
    results[item] = sm2_verify_scalars(&q->s[i], &q->t[i], &q->c[i], all->signatures + item * GMPKI_SM2_SIGNATURE_LEN,
                                       all->digests + item * GMPKI_SM3_DIGEST_LEN);
    if (results[item] == GMPKI_OK) {
        sm2_public_point(&q->p[i], all->keys[item]);
        q->item[i] = item;
        q->used++;
    }
}

int sm2_verify_many(const sm2_signed *all, int *results, size_t count) {
    const sm2_batch *batch = sm2_current()->batch;
    queue q;
    int status = GMPKI_OK;
    q.used = 0;
    for (size_t i = 0; i < count; i++) {
        results[i] = check_key(all->keys[i]);
        if (results[i] == GMPKI_OK && batch == NULL) {
            verify_alone(all, results, i);
        } else if (results[i] == GMPKI_OK) {
            enqueue(&q, all, results, i);
        }
        if (q.used == SM2_BATCH_MAX || (q.used != 0 && i == count - 1)) {
            verify_queue(batch, &q, all, results);
        }
    }
    for (size_t i = 0; i < count; i++) {
        status = results[i] == GMPKI_OK ? status : GMPKI_ERR_SIGNATURE;
    }
    return status;
}

int gmpki_sm2_verify_batch(const gmpki_sm2_public_key *const *keys, int *results, const uint8_t *signatures,
                           const uint8_t *digests, size_t count) {
    if (results == NULL) {
        return count == 0 ? gate(GMPKI_SM2) : GMPKI_ERR_ARGUMENT;
    }
    int missing = count != 0 && (keys == NULL || signatures == NULL || digests == NULL);
    int status = missing ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        for (size_t i = 0; i < count; i++) {
            results[i] = status; /* zeros would say that the signatures hold */
        }
        return status;
    }
    const sm2_signed all = {keys, signatures, digests};
    return sm2_verify_many(&all, results, count);
}
