/*
 * Many messages at once. The kernels with lanes hash as many messages side by side as they have lanes; this file feeds
 * them: a lane whose message ends takes the next one, and when none is left the lanes in use close up. Lengths are
 * public, and nothing else decides what runs when.
 */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm3/sm3.h"

enum { BLOCK = GMPKI_SM3_BLOCK_LEN, DIGEST = GMPKI_SM3_DIGEST_LEN, LENGTH_LEN = 8 };

/* The stretches of whole blocks that a message is read in; each may be empty. */
enum { HEAD, BODY, TAIL, STRETCHES };

/* A message on its way through a lane. */
typedef struct job {
    uint8_t *digest;
    const uint8_t *data[STRETCHES];
    size_t blocks[STRETCHES];
    int now;             /* the stretch being read */
    uint8_t head[BLOCK]; /* what the prefix held of a block, filled up from the message */
    uint8_t tail[2 * BLOCK];
} job;

/* What the lanes do. Lanes 0 .. used - 1 have a job each. */
typedef struct run {
    const sm3_backend *backend;
    sm3_lanes state;
    job jobs[SM3_MAX_LANES];
    size_t used;
} run;

/* Go on to the first stretch that has blocks; 0 if there is none. */
static int advance(job *j) {
    while (j->now < STRETCHES && j->blocks[j->now] == 0) {
        j->now++;
    }
    return j->now < STRETCHES;
}

/* Lay a message out in stretches, behind total_len bytes of which the last held ones are not compressed yet. */
static void prepare(job *j, const uint8_t *held_data, uint64_t total_len, const uint8_t *message, size_t len) {
    size_t held = (size_t)(total_len % BLOCK);
    total_len += len;
    j->now = HEAD;
    j->blocks[HEAD] = 0;
    if (held != 0 && len >= BLOCK - held) {
        memcpy(j->head, held_data, held);
        memcpy(j->head + held, message, BLOCK - held);
        message += BLOCK - held;
        len -= BLOCK - held;
        held = 0;
        j->data[HEAD] = j->head;
        j->blocks[HEAD] = 1;
    }
    size_t body = held == 0 ? len / BLOCK : 0;
    j->data[BODY] = message;
    j->blocks[BODY] = body;
    if (body != 0) {
        message += body * BLOCK;
        len -= body * BLOCK;
    }
    size_t end = held + len + 1 + LENGTH_LEN <= BLOCK ? BLOCK : 2 * BLOCK;
    copy_bytes(j->tail, held_data, held);
    copy_bytes(j->tail + held, message, len);
    j->tail[held + len] = 0x80;
    memset(j->tail + held + len + 1, 0, end - LENGTH_LEN - (held + len + 1));
    store_be64(j->tail + end - LENGTH_LEN, total_len * 8);
    j->data[TAIL] = j->tail;
    j->blocks[TAIL] = end / BLOCK;
    (void)advance(j);
}

static void get_lane(const sm3_lanes *lanes, size_t lane, uint32_t state[8]) {
    for (int i = 0; i < 8; i++) {
        state[i] = lanes->words[i][lane];
    }
}

static void set_lane(sm3_lanes *lanes, size_t lane, const uint32_t state[8]) {
    for (int i = 0; i < 8; i++) {
        lanes->words[i][lane] = state[i];
    }
}

/* Take the blocks that every lane in use has in its stretch. */
static void step(run *r) {
    const uint8_t *blocks[SM3_MAX_LANES];
    size_t count = SIZE_MAX;
    for (size_t l = 0; l < r->used; l++) {
        job *j = &r->jobs[l];
        blocks[l] = j->data[j->now];
        count = j->blocks[j->now] < count ? j->blocks[j->now] : count;
    }
    r->backend->compress_lanes(&r->state, blocks, count, r->used);
    for (size_t l = 0; l < r->used; l++) {
        job *j = &r->jobs[l];
        j->data[j->now] += count * BLOCK;
        j->blocks[j->now] -= count;
    }
}

/* End a job alone, without the lanes. */
static void finish_alone(run *r, size_t lane) {
    job *j = &r->jobs[lane];
    uint32_t state[8];
    get_lane(&r->state, lane, state);
    for (; advance(j); j->now++) {
        r->backend->compress(state, j->data[j->now], j->blocks[j->now]);
    }
    sm3_store_state(j->digest, state);
    gmpki_cleanse(state, sizeof state);
}

/* Move the last lane's job into another. The stretches of a job may lie in the job itself. */
static void move_lane(run *r, size_t to) {
    size_t from = --r->used;
    if (to == from) {
        return;
    }
    uint32_t state[8];
    get_lane(&r->state, from, state);
    set_lane(&r->state, to, state);
    job *target = &r->jobs[to];
    const job *source = &r->jobs[from];
    *target = *source;
    if (source->blocks[HEAD] != 0) {
        target->data[HEAD] = target->head;
    }
    target->data[TAIL] = target->tail + (source->data[TAIL] - source->tail);
    gmpki_cleanse(state, sizeof state);
}

static void on_lanes(const sm3_backend *backend, uint8_t *digests, const gmpki_sm3_ctx *prefix,
                     const uint8_t *const *messages, const size_t *lens, size_t count) {
    run r;
    size_t next = 0;
    uint32_t state[8];
    r.backend = backend;
    r.used = 0;
    memset(&r.state, 0, sizeof r.state);
    for (;;) {
        while (r.used < backend->lanes && next < count) {
            prepare(&r.jobs[r.used], prefix->block, prefix->total_len, messages[next], lens[next]);
            r.jobs[r.used].digest = digests + next * DIGEST;
            set_lane(&r.state, r.used, prefix->state);
            r.used++;
            next++;
        }
        if (r.used < backend->worth_lanes) {
            break;
        }
        step(&r);
        for (size_t l = r.used; l-- != 0;) {
            if (!advance(&r.jobs[l])) {
                get_lane(&r.state, l, state);
                sm3_store_state(r.jobs[l].digest, state);
                move_lane(&r, l);
            }
        }
    }
    for (size_t l = 0; l < r.used; l++) {
        finish_alone(&r, l);
    }
    gmpki_cleanse(state, sizeof state);
    gmpki_cleanse(&r, sizeof r);
}

void sm3_batch(uint8_t *digests, const gmpki_sm3_ctx *prefix, const uint8_t *const *messages, const size_t *lens,
               size_t count) {
    const sm3_backend *backend = sm3_active();
    gmpki_sm3_ctx start;
    gmpki_sm3_ctx ctx;
    if (prefix == NULL) {
        sm3_start(&start);
        prefix = &start;
    }
    if (backend->lanes != 0 && count >= backend->worth_lanes) {
        on_lanes(backend, digests, prefix, messages, lens, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        ctx = *prefix;
        sm3_add(&ctx, messages[i], lens[i]);
        sm3_finish(&ctx, digests + i * DIGEST);
    }
}

/* Whether every message is there and prefix can take it. */
static int accepts(const gmpki_sm3_ctx *prefix, const uint8_t *const *messages, const size_t *lens, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (messages[i] == NULL && lens[i] != 0) {
            return GMPKI_ERR_ARGUMENT;
        }
        if (lens[i] > SM3_MAX_LEN - prefix->total_len) {
            return GMPKI_ERR_LIMIT;
        }
    }
    return GMPKI_OK;
}

/* The checks that both batches begin with. Where the digests' own length cannot be, none of them is zeroed. */
static int begin(uint8_t *digests, const uint8_t *const *messages, const size_t *lens, size_t count) {
    if (digests == NULL && count != 0) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (count > SIZE_MAX / DIGEST) {
        return GMPKI_ERR_LENGTH;
    }
    zero_bytes(digests, count * DIGEST);
    return (messages == NULL || lens == NULL) && count != 0 ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM3);
}

int gmpki_sm3_batch(uint8_t *digests, const gmpki_sm3_ctx *prefix, const uint8_t *const *messages,
                    const size_t *message_lens, size_t count) {
    gmpki_sm3_ctx start;
    int status = begin(digests, messages, message_lens, count);
    if (status == GMPKI_OK && prefix != NULL) {
        status = sm3_accepts(prefix, 0);
    }
    if (status == GMPKI_OK && prefix == NULL) {
        sm3_start(&start);
        prefix = &start;
    }
    if (status == GMPKI_OK) {
        status = accepts(prefix, messages, message_lens, count);
    }
    if (status == GMPKI_OK) {
        sm3_batch(digests, prefix, messages, message_lens, count);
    }
    return status;
}

/* The outer hashes of MACs: each digest in its place becomes the hash of outer's message and itself. */
static void hash_digests(uint8_t *digests, const gmpki_sm3_ctx *outer, size_t count) {
    enum { PART = 4 * SM3_MAX_LANES };
    const uint8_t *messages[PART];
    size_t lens[PART];
    for (size_t i = 0; i < PART; i++) {
        lens[i] = DIGEST;
    }
    while (count != 0) {
        size_t part = count < PART ? count : PART;
        for (size_t i = 0; i < part; i++) {
            messages[i] = digests + i * DIGEST;
        }
        sm3_batch(digests, outer, messages, lens, part);
        digests += part * DIGEST;
        count -= part;
    }
}

int gmpki_sm3_hmac_batch(uint8_t *macs, const uint8_t *key, size_t key_len, const uint8_t *const *messages,
                         const size_t *message_lens, size_t count) {
    int status = begin(macs, messages, message_lens, count);
    if (status == GMPKI_OK && key == NULL && key_len != 0) {
        status = GMPKI_ERR_ARGUMENT;
    }
    if (status != GMPKI_OK) {
        return status;
    }
    gmpki_sm3_hmac_ctx keyed;
    sm3_hmac_start(&keyed, key, key_len);
    status = accepts(&keyed.inner, messages, message_lens, count);
    if (status == GMPKI_OK) {
        sm3_batch(macs, &keyed.inner, messages, message_lens, count);
        hash_digests(macs, &keyed.outer, count);
    }
    gmpki_cleanse(&keyed, sizeof keyed);
    return status;
}
