/* Tests of what no caller should do: handles of nothing, NULL everywhere, and the record of what the tests called. */
#ifndef GMPKI_TESTS_SOFTTOKEN_P11_MISUSE_H
#define GMPKI_TESTS_SOFTTOKEN_P11_MISUSE_H

#include "softtoken_p11_keys.h"

typedef void visitor(CK_RV rv);

static void expect_no_session(CK_RV rv) {
    CHECK(rv == CKR_SESSION_HANDLE_INVALID);
}

static void expect_not_initialized(CK_RV rv) {
    CHECK(rv == CKR_CRYPTOKI_NOT_INITIALIZED);
}

/* Whatever it answers: it answers. */
static void expect_an_answer(CK_RV rv) {
    CHECK(rv < CKR_VENDOR_DEFINED);
}

/* Every function that takes a session, with nothing else to work on. */
static void with_nothing(CK_SESSION_HANDLE session, visitor *visit) {
    visit(C_InitPIN(session, NULL, 0));
    visit(C_SetPIN(session, NULL, 0, NULL, 0));
    visit(C_GetSessionInfo(session, NULL));
    visit(C_GetOperationState(session, NULL, NULL));
    visit(C_SetOperationState(session, NULL, 0, 0, 0));
    visit(C_Login(session, 0, NULL, 0));
    visit(C_Logout(session));
    visit(C_CreateObject(session, NULL, 0, NULL));
    visit(C_CopyObject(session, 0, NULL, 0, NULL));
    visit(C_DestroyObject(session, 0));
    visit(C_GetObjectSize(session, 0, NULL));
    visit(C_GetAttributeValue(session, 0, NULL, 0));
    visit(C_SetAttributeValue(session, 0, NULL, 0));
    visit(C_FindObjectsInit(session, NULL, 0));
    visit(C_FindObjects(session, NULL, 0, NULL));
    visit(C_FindObjectsFinal(session));
    visit(C_EncryptInit(session, NULL, 0));
    visit(C_Encrypt(session, NULL, 0, NULL, NULL));
    visit(C_EncryptUpdate(session, NULL, 0, NULL, NULL));
    visit(C_EncryptFinal(session, NULL, NULL));
    visit(C_DecryptInit(session, NULL, 0));
    visit(C_Decrypt(session, NULL, 0, NULL, NULL));
    visit(C_DecryptUpdate(session, NULL, 0, NULL, NULL));
    visit(C_DecryptFinal(session, NULL, NULL));
    visit(C_DigestInit(session, NULL));
    visit(C_Digest(session, NULL, 0, NULL, NULL));
    visit(C_DigestUpdate(session, NULL, 0));
    visit(C_DigestKey(session, 0));
    visit(C_DigestFinal(session, NULL, NULL));
    visit(C_SignInit(session, NULL, 0));
    visit(C_Sign(session, NULL, 0, NULL, NULL));
    visit(C_SignUpdate(session, NULL, 0));
    visit(C_SignFinal(session, NULL, NULL));
    visit(C_SignRecoverInit(session, NULL, 0));
    visit(C_SignRecover(session, NULL, 0, NULL, NULL));
    visit(C_VerifyInit(session, NULL, 0));
    visit(C_Verify(session, NULL, 0, NULL, 0));
    visit(C_VerifyUpdate(session, NULL, 0));
    visit(C_VerifyFinal(session, NULL, 0));
    visit(C_VerifyRecoverInit(session, NULL, 0));
    visit(C_VerifyRecover(session, NULL, 0, NULL, NULL));
    visit(C_DigestEncryptUpdate(session, NULL, 0, NULL, NULL));
    visit(C_DecryptDigestUpdate(session, NULL, 0, NULL, NULL));
    visit(C_SignEncryptUpdate(session, NULL, 0, NULL, NULL));
    visit(C_DecryptVerifyUpdate(session, NULL, 0, NULL, NULL));
    visit(C_GenerateKey(session, NULL, NULL, 0, NULL));
    visit(C_GenerateKeyPair(session, NULL, NULL, 0, NULL, 0, NULL, NULL));
    visit(C_WrapKey(session, NULL, 0, 0, NULL, NULL));
    visit(C_UnwrapKey(session, NULL, 0, NULL, 0, NULL, 0, NULL));
    visit(C_DeriveKey(session, NULL, 0, NULL, 0, NULL));
    visit(C_SeedRandom(session, NULL, 0));
    visit(C_GenerateRandom(session, NULL, 0));
    visit(C_GetFunctionStatus(session));
    visit(C_CancelFunction(session));
}

static void test_handles(void) {
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session = begin_token(&slot), closed = open_session(slot, 0);
    CK_OBJECT_HANDLE public_key, private_key;
    CK_MECHANISM sm2 = {CKM_GMPKI_SM2, NULL, 0}, unknown = {0x12345, NULL, 0}, digest = {CKM_SHA256, NULL, 0};
    CK_SESSION_HANDLE wrong[] = {0, 1, session + 1024, session ^ 1, (CK_SESSION_HANDLE)-1, closed};
    OK(C_CloseSession, closed);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        with_nothing(wrong[i], expect_no_session);
        FAILS(CKR_SESSION_HANDLE_INVALID, C_CloseSession, wrong[i]);
    }
    sm2_pair(session, 1, &public_key, &private_key);
    FAILS(CKR_KEY_HANDLE_INVALID, C_SignInit, session, &sm2, 0);
    FAILS(CKR_KEY_HANDLE_INVALID, C_SignInit, session, &sm2, private_key + 100);
    FAILS(CKR_MECHANISM_INVALID, C_SignInit, session, &unknown, private_key);
    FAILS(CKR_MECHANISM_INVALID, C_SignInit, session, &digest, private_key);
    OK(C_SignInit, session, &sm2, private_key);
    OK(C_DestroyObject, session, private_key); /* under a running operation */
    CK_BYTE e[32] = {0}, signature[64];
    CK_ULONG len = sizeof signature;
    FAILS(CKR_KEY_HANDLE_INVALID, C_Sign, session, e, 32, signature, &len);
    OK(C_SignInit, session, &(CK_MECHANISM){CKM_GMPKI_SM3_HMAC, NULL, 0},
       secret_key(session, CKK_GENERIC_SECRET, "key", 3));
    OK(C_Logout, session);
    FAILS(CKR_OPERATION_NOT_INITIALIZED, C_SignUpdate, session, e, 1); /* ended with the login */
    end_token();
    with_nothing(session, expect_not_initialized);
}

static void test_nulls(void) {
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session = begin_token(&slot);
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE data[64] = {0};
    CK_MECHANISM sm3 = {CKM_GMPKI_SM3, NULL, 0}, sm2 = {CKM_GMPKI_SM2, NULL, 0},
                 no_parameter = {CKM_RSA_PKCS_PSS, NULL, 9};
    sm2_pair(session, 0, &public_key, &private_key);
    with_nothing(session, expect_an_answer);
    CHECK(log_in(session, CKU_USER, USER_PIN) == CKR_OK); /* C_Logout was among them */
    sm2_pair(session, 0, &public_key, &private_key);
    OK(C_DigestInit, session, &sm3);
    with_nothing(session, expect_an_answer);
    CHECK(log_in(session, CKU_USER, USER_PIN) == CKR_OK);
    sm2_pair(session, 0, &public_key, &private_key);
    OK(C_SignInit, session, &sm2, private_key);
    FAILS(CKR_ARGUMENTS_BAD, C_Sign, session, data, 32, data, NULL);
    OK(C_VerifyInit, session, &sm2, public_key);
    FAILS(CKR_ARGUMENTS_BAD, C_Verify, session, data, 32, NULL, 64);
    OK(C_SignInit, session, &sm2, private_key);
    FAILS(CKR_ARGUMENTS_BAD, C_Sign, session, NULL, 32, data, &slot);
    FAILS(CKR_MECHANISM_PARAM_INVALID, C_SignInit, session, &(CK_MECHANISM){CKM_GMPKI_SM2_SM3, NULL, 5}, private_key);
    FAILS(st_libcrypto_available() ? CKR_KEY_TYPE_INCONSISTENT : CKR_MECHANISM_INVALID, C_SignInit, session,
          &no_parameter, private_key);
    FAILS(CKR_ARGUMENTS_BAD, C_GenerateRandom, session, NULL, 5);
    OK(C_GenerateRandom, session, NULL, 0);
    end_token();
}

/* ---- which of the 68 functions did their work -------------------------------------------- */

/* These have nothing to do in this token, which says so: they are called, and answer what is right. */
static int has_no_work(const char *name) {
    static const char *const names[] = {"C_GetOperationState",   "C_SetOperationState",   "C_SignRecoverInit",
                                        "C_SignRecover",         "C_VerifyRecoverInit",   "C_VerifyRecover",
                                        "C_DigestEncryptUpdate", "C_DecryptDigestUpdate", "C_SignEncryptUpdate",
                                        "C_DecryptVerifyUpdate", "C_SeedRandom",          "C_GetFunctionStatus",
                                        "C_CancelFunction"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

static void report_coverage(void) {
    static const char *const names[] = {"C_Initialize",
                                        "C_Finalize",
                                        "C_GetInfo",
                                        "C_GetFunctionList",
                                        "C_GetSlotList",
                                        "C_GetSlotInfo",
                                        "C_GetTokenInfo",
                                        "C_GetMechanismList",
                                        "C_GetMechanismInfo",
                                        "C_InitToken",
                                        "C_InitPIN",
                                        "C_SetPIN",
                                        "C_OpenSession",
                                        "C_CloseSession",
                                        "C_CloseAllSessions",
                                        "C_GetSessionInfo",
                                        "C_GetOperationState",
                                        "C_SetOperationState",
                                        "C_Login",
                                        "C_Logout",
                                        "C_CreateObject",
                                        "C_CopyObject",
                                        "C_DestroyObject",
                                        "C_GetObjectSize",
                                        "C_GetAttributeValue",
                                        "C_SetAttributeValue",
                                        "C_FindObjectsInit",
                                        "C_FindObjects",
                                        "C_FindObjectsFinal",
                                        "C_EncryptInit",
                                        "C_Encrypt",
                                        "C_EncryptUpdate",
                                        "C_EncryptFinal",
                                        "C_DecryptInit",
                                        "C_Decrypt",
                                        "C_DecryptUpdate",
                                        "C_DecryptFinal",
                                        "C_DigestInit",
                                        "C_Digest",
                                        "C_DigestUpdate",
                                        "C_DigestKey",
                                        "C_DigestFinal",
                                        "C_SignInit",
                                        "C_Sign",
                                        "C_SignUpdate",
                                        "C_SignFinal",
                                        "C_SignRecoverInit",
                                        "C_SignRecover",
                                        "C_VerifyInit",
                                        "C_Verify",
                                        "C_VerifyUpdate",
                                        "C_VerifyFinal",
                                        "C_VerifyRecoverInit",
                                        "C_VerifyRecover",
                                        "C_DigestEncryptUpdate",
                                        "C_DecryptDigestUpdate",
                                        "C_SignEncryptUpdate",
                                        "C_DecryptVerifyUpdate",
                                        "C_GenerateKey",
                                        "C_GenerateKeyPair",
                                        "C_WrapKey",
                                        "C_UnwrapKey",
                                        "C_DeriveKey",
                                        "C_SeedRandom",
                                        "C_GenerateRandom",
                                        "C_GetFunctionStatus",
                                        "C_CancelFunction",
                                        "C_WaitForSlotEvent"};
    size_t with_work = 0, without = 0;
    for (size_t i = 0; i < COUNT(names); i++) {
        size_t j = 0;
        while (j < worked_count && strcmp(worked[j], names[i]) != 0) {
            j++;
        }
        int none = has_no_work(names[i]);
        if (!none && j == worked_count) {
            printf("never worked: %s\n", names[i]);
        }
        CHECK(none || j < worked_count);
        without += none != 0;
        with_work += !none && j < worked_count;
    }
    printf("%zu of %zu functions: %zu did their work, %zu say that this token has none for them\n", with_work + without,
           COUNT(names), with_work, without);
}

#endif /* GMPKI_TESTS_SOFTTOKEN_P11_MISUSE_H */
