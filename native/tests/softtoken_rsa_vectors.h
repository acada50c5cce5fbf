/* Keys and messages that the RSA tests share: numbers published by RSA Laboratories with PKCS#1 version 2.1. */
#ifndef GMPKI_TESTS_SOFTTOKEN_RSA_VECTORS_H
#define GMPKI_TESTS_SOFTTOKEN_RSA_VECTORS_H

#include "check.h"
#include "softtoken/crypto.h"

/* A private key of 1024 bits in hex; its exponent is 65537. */
typedef struct key_text {
    const char *n, *d, *p, *q, *dp, *dq, *qinv;
} key_text;

/* pkcs1v15sign-vectors.txt and pss-vect.txt, example 1 */
static const key_text signing_key = {
    /* n */
    "a56e4a0e701017589a5187dc7ea841d156f2ec0e36ad52a44dfeb1e61f7ad991"
    "d8c51056ffedb162b4c0f283a12a88a394dff526ab7291cbb307ceabfce0b1df"
    "d5cd9508096d5b2b8b6df5d671ef6377c0921cb23c270a70e2598e6ff89d19f1"
    "05acc2d3f0cb35f29280e1386b6f64c4ef22e1e1f20d0ce8cffb2249bd9a2137",
    /* d */
    "33a5042a90b27d4f5451ca9bbbd0b44771a101af884340aef9885f2a4bbe92e8"
    "94a724ac3c568c8f97853ad07c0266c8c6a3ca0929f1e8f11231884429fc4d9a"
    "e55fee896a10ce707c3ed7e734e44727a39574501a532683109c2abacaba283c"
    "31b4bd2f53c3ee37e352cee34f9e503bd80c0622ad79c6dcee883547c6a3b325",
    /* p */
    "e7e8942720a877517273a356053ea2a1bc0c94aa72d55c6e86296b2dfc967948"
    "c0a72cbccca7eacb35706e09a1df55a1535bd9b3cc34160b3b6dcd3eda8e6443",
    /* q */
    "b69dca1cf7d4d7ec81e75b90fcca874abcde123fd2700180aa90479b6e48de8d"
    "67ed24f9f19d85ba275874f542cd20dc723e6963364a1f9425452b269a6799fd",
    /* dp */
    "28fa13938655be1f8a159cbaca5a72ea190c30089e19cd274a556f36c4f6e19f"
    "554b34c077790427bbdd8dd3ede2448328f385d81b30e8e43b2fffa027861979",
    /* dq */
    "1a8b38f398fa712049898d7fb79ee0a77668791299cdfa09efc0e507acb21ed7"
    "4301ef5bfd48be455eaeb6e1678255827580a8e4e8e14151d1510a82a3f2e729",
    /* qinv */
    "27156aba4126d24a81f3a528cbfb27f56886f840a9f6e86e17a44b94fe931958"
    "4b8e22fdde1e5a2e3bd8aa5ba8d8584194eb2190acf832b847f13a3d24a79f4d",
};

/* oaep-vect.txt, example 1 */
static const key_text decryption_key = {
    /* n */
    "a8b3b284af8eb50b387034a860f146c4919f318763cd6c5598c8ae4811a1e0ab"
    "c4c7e0b082d693a5e7fced675cf4668512772c0cbc64a742c6c630f533c8cc72"
    "f62ae833c40bf25842e984bb78bdbf97c0107d55bdb662f5c4e0fab9845cb514"
    "8ef7392dd3aaff93ae1e6b667bb3d4247616d4f5ba10d4cfd226de88d39f16fb",
    /* d */
    "53339cfdb79fc8466a655c7316aca85c55fd8f6dd898fdaf119517ef4f52e8fd"
    "8e258df93fee180fa0e4ab29693cd83b152a553d4ac4d1812b8b9fa5af0e7f55"
    "fe7304df41570926f3311f15c4d65a732c483116ee3d3d2d0af3549ad9bf7cbf"
    "b78ad884f84d5beb04724dc7369b31def37d0cf539e9cfcdd3de653729ead5d1",
    /* p */
    "d32737e7267ffe1341b2d5c0d150a81b586fb3132bed2f8d5262864a9cb9f30a"
    "f38be448598d413a172efb802c21acf1c11c520c2f26a471dcad212eac7ca39d",
    /* q */
    "cc8853d1d54da630fac004f471f281c7b8982d8224a490edbeb33d3e3d5cc93c"
    "4765703d1dd791642f1f116a0dd852be2419b2af72bfe9a030e860b0288b5d77",
    /* dp */
    "0e12bf1718e9cef5599ba1c3882fe8046a90874eefce8f2ccc20e4f2741fb0a3"
    "3a3848aec9c9305fbecbd2d76819967d4671acc6431e4037968db37878e695c1",
    /* dq */
    "95297b0f95a2fa67d00707d609dfd4fc05c89dafc2ef6d6ea55bec771ea33373"
    "4d9251e79082ecda866efef13c459e1a631386b7e354c899f5f112ca85d71583",
    /* qinv */
    "4f456c502493bdc0ed2ab756a3a6ed4d67352a697d4216e93212b127a63d5411"
    "ce6fa98d5dbefd73263e3728142743818166ed7dd63687dd2a8ca1d2f4fbd8e1",
};

/* Example 1.1 of both signature files: the message, its signatures with SHA-1; PSS has a salt of 20 bytes */
static const char message_1_1[] = "cdc87da223d786df3b45e0bbbc721326d1ee2af806cc315475cc6f0d9c66e1b6"
                                  "2371d45ce2392e1ac92844c310102f156a0d8d52c1f4c40ba3aa65095786cb76"
                                  "9757a6563ba958fed0bcc984e8b517a3d5f515b23b8a41e74aa867693f90dfb0"
                                  "61a6e86dfaaee64472c00e5f20945729cbebe77f06ce78e08f4098fba41f9d61"
                                  "93c0317e8b60d4b6084acb42d29e3808a3bc372d85e331170fcbf7cc72d0b71c"
                                  "296648b3a4d10f416295d0807aa625cab2744fd9ea8fd223c42537029828bd16"
                                  "be02546f130fd2e33b936d2676e08aed1b73318b750a0167d0";

static const char signature_1_1[] = "6bc3a06656842930a247e30d5864b4d819236ba7c68965862ad7dbc4e24af28e"
                                    "86bb531f03358be5fb74777c6086f850caef893f0d6fcc2d0c91ec013693b4ea"
                                    "00b80cd49aac4ecb5f8911afe539ada4a8f3823d1d13e472d1490547c659c761"
                                    "7f3d24087ddb6f2b72096167fc097cab18e9a458fcb634cdce8ee35894c484d7";
static const char pss_signature_1_1[] = "9074308fb598e9701b2294388e52f971faac2b60a5145af185df5287b5ed2887"
                                        "e57ce7fd44dc8634e407c8e0e4360bc226f3ec227f9d9e54638e8d31f5051215"
                                        "df6ebb9c2f9579aa77598a38f914b5b9c1bd83c4e2f9f382a0d0aa3542ffee65"
                                        "984a601bc69eb28deb27dca12c82c2d4c3f66cd500f1ff2b994d8a4e30cbb33c";

/* oaep-vect.txt, example 1.1: SHA-1 for both, no label */
static const char oaep_message_1_1[] = "6628194e12073db03ba94cda9ef9532397d50dba79b987004afefe34";

static const char oaep_ciphertext_1_1[] = "354fe67b4a126d5d35fe36c777791a3f7ba13def484e2d3908aff722fad468fb"
                                          "21696de95d0be911c2d3174f8afcc201035f7b6d8e69402de5451618c21a535f"
                                          "a9d7bfc5b8dd9fc243f8cf927db31322d6e881eaa91a996170e657a05a266426"
                                          "d98c88003f8477c1227094a0d9fa1e8c4024309ce1ecccb5210035d47ac72e8a";

/* Made from the definitions in RFC 8017 with Python's integers and hashlib, under signing_key. */
/* of "abc", SHA-256 for both, the salt 00 01 .. 1f */
static const char pss_sha256[] = "94743ffeefd7e8353b7700caefa2448581bea8decdc9970b6d1e09536931786d"
                                 "9049d4b9522ec5fefcc8a07d0c4162820520982babe6ad67eeb3ed4b04ef0b0f"
                                 "b8dfcaee2cd53cc97e4a1086b8f344a8a8b8c9c1f27f240c36fe0174120a8273"
                                 "b51b807add91390a87ce9316837f675c0e2d67325a184cc4815c5b0b1cf59583";
/* PKCS#1 v1.5 with SM3, of "abc" */
static const char sm3_signature[] = "242a5300e676b774ee6f5d1870b4ecd5b41d29fc913074853c04a7ef0265487d"
                                    "2e614a849afe1e48595ceab1606c8e6ef4a7560758fb8689e64b06fd4902898b"
                                    "b2c1eb219fd750750d85aee4ebf234c85bb3749aca778b1af44a0ee1f5bafa97"
                                    "651835203fca99c1f6bc1098b58747842279920e21d99a36051135a92f6a2252";
/* of "message", label "label", SHA-256 for both, the seed 00 01 .. 1f */
static const char oaep_sha256[] = "94143a8bcf8416f72aa109a68d0277da20f195f505ebb9a69cbd6b156972544f"
                                  "5c8184a2944e1a0dacb6ac3c50534ee3eb6705f6e4369f52ca0726995d6fdc09"
                                  "3e8eac17f03e28a224e29ef053296e878002d5e9a17e5b0c6bc0ca4e7781f6fd"
                                  "1df685d8d4fc701b8841192957852863107d67c18097f41e0040b580295c26f6";
/* the same with SHA-1 in the mask */
static const char oaep_sha256_sha1[] = "2d7c05fa1d22f3635486c2864d16a31895301c401f0ac7932bb3f6e113cab2ec"
                                       "5661f52ed38da2f61af009398634c0e8463b3d0271be1d52d87e53a3eda7309e"
                                       "e3398f7eb84712970ea0bfe47c2e4e96d86803a40ecf3a668d0f35beb44c5cc9"
                                       "5cc4bab1c67fc09b4ed25b514e3cc11563d7573a052a71dec4248ab01b3207a1";
/* PKCS#1 v1.5 of "message", padded by 01 02 .. */
static const char pkcs1_ciphertext[] = "a4bd8c12d79cfcec9374b16d26a3a4ff182c8b03c3705cce0de1ac43ac133b6e"
                                       "6bb0d5d669d0adc7a66fea699af8a8f21960b7fd6b9b78f0cb9425ec153544e3"
                                       "df0f559f5aad9b402195a523bf5b6a85fb826e7ff81c247fc8d90ee5d9979fe0"
                                       "3cb76be7667a949c57b2731dc18b726e69d51285ccda715a025626891bbe4764";

static inline st_rsa_key load_rsa_key(const key_text *text) {
    st_rsa_key key = {.bits = 1024, .e = {0, 1, 0, 1}};
    unhex(key.n, text->n);
    unhex(key.d, text->d);
    unhex(key.p, text->p);
    unhex(key.q, text->q);
    unhex(key.dp, text->dp);
    unhex(key.dq, text->dq);
    unhex(key.qinv, text->qinv);
    return key;
}

static inline st_rsa_public_key load_rsa_public_key(const key_text *text) {
    st_rsa_key key = load_rsa_key(text);
    st_rsa_public_key public_key;
    st_rsa_public(&public_key, &key);
    return public_key;
}

#endif /* GMPKI_TESTS_SOFTTOKEN_RSA_VECTORS_H */
