/* Tests of slots, tokens, PINs and sessions. */
#ifndef GMPKI_TESTS_SOFTTOKEN_P11_MANAGEMENT_H
#define GMPKI_TESTS_SOFTTOKEN_P11_MANAGEMENT_H

#include <pthread.h>
#include <sys/wait.h>

#include "softtoken_p11_support.h"

static void test_module(void) {
    CK_FUNCTION_LIST *list = NULL;
    CK_INFO info;
    CK_C_INITIALIZE_ARGS args = {NULL, NULL, NULL, NULL, CKF_OS_LOCKING_OK, NULL};
    FAILS(CKR_CRYPTOKI_NOT_INITIALIZED, C_GetInfo, &info);
    FAILS(CKR_CRYPTOKI_NOT_INITIALIZED, C_Finalize, NULL);
    OK(C_GetFunctionList, &list);
    CHECK(list->version.major == 2 && list->version.minor == 40 && list->C_Sign == C_Sign);
    args.pReserved = &info;
    FAILS(CKR_ARGUMENTS_BAD, C_Initialize, &args);
    args.pReserved = NULL;
    OK(C_Initialize, &args);
    FAILS(CKR_CRYPTOKI_ALREADY_INITIALIZED, C_Initialize, NULL);
    OK(C_GetInfo, &info);
    CHECK(memcmp(info.manufacturerID, "gmpki SOFTWARE TOKEN            ", 32) == 0);
    FAILS(CKR_ARGUMENTS_BAD, C_GetInfo, NULL);
    FAILS(CKR_ARGUMENTS_BAD, C_Finalize, &info);
    OK(C_Finalize, NULL);
}

static void test_interfaces(void) {
    CK_INTERFACE list[4], *one = NULL;
    CK_VERSION wanted = {2, 40}, unknown = {3, 1};
    CK_ULONG count = 1;
    FAILS(CKR_BUFFER_TOO_SMALL, C_GetInterfaceList, list, &count);
    OK(C_GetInterfaceList, NULL, &count);
    CHECK(count == 2);
    OK(C_GetInterfaceList, list, &count);
    OK(C_GetInterface, NULL, NULL, &one, 0);
    const CK_FUNCTION_LIST_3_0 *functions = one->pFunctionList;
    CHECK(functions->version.major == 3 && functions->C_GetInterface == C_GetInterface);
    OK(C_GetInterface, (CK_UTF8CHAR *)(size_t)"PKCS 11", &wanted, &one, 0);
    CHECK(((const CK_FUNCTION_LIST *)one->pFunctionList)->version.major == 2);
    FAILS(CKR_FUNCTION_FAILED, C_GetInterface, NULL, &unknown, &one, 0);
    FAILS(CKR_FUNCTION_FAILED, C_GetInterface, (CK_UTF8CHAR *)(size_t)"PKCS 12", NULL, &one, 0);
    FAILS(CKR_FUNCTION_FAILED, C_GetInterface, NULL, NULL, &one, 1); /* not safe after a fork */
    FAILS(CKR_ARGUMENTS_BAD, C_GetInterface, NULL, NULL, NULL, 0);
    FAILS(CKR_CRYPTOKI_NOT_INITIALIZED, functions->C_MessageSignFinal, 1);
    FAILS(CKR_CRYPTOKI_NOT_INITIALIZED, functions->C_SessionCancel, 1, CKF_SIGN);
}

static int locks, unlocks, made_mutexes;

static CK_RV make_mutex(void **mutex) {
    *mutex = &made_mutexes;
    made_mutexes++;
    return CKR_OK;
}

static CK_RV drop_mutex(void *mutex) {
    CHECK(mutex == &made_mutexes);
    made_mutexes--;
    return CKR_OK;
}

static CK_RV lock_mutex(void *mutex) {
    CHECK(mutex == &made_mutexes);
    locks++;
    return CKR_OK;
}

static CK_RV unlock_mutex(void *mutex) {
    CHECK(mutex == &made_mutexes);
    unlocks++;
    return CKR_OK;
}

static void test_mutex_functions(void) {
    CK_C_INITIALIZE_ARGS args = {make_mutex, drop_mutex, lock_mutex, NULL, 0, NULL};
    CK_INFO info;
    FAILS(CKR_ARGUMENTS_BAD, C_Initialize, &args);
    args.UnlockMutex = unlock_mutex;
    OK(C_Initialize, &args);
    OK(C_GetInfo, &info);
    CHECK(made_mutexes == 1 && locks == 1 && unlocks == 1);
    OK(C_Finalize, NULL);
    CHECK(made_mutexes == 0 && locks == unlocks);
}

static void test_slots(void) {
    CK_SLOT_ID slot;
    CK_SLOT_INFO info;
    CK_TOKEN_INFO token;
    CK_MECHANISM_INFO mechanism;
    CK_MECHANISM_TYPE mechanisms[128];
    CK_ULONG count = 0;
    make_device("serial=TEST-0123456789abcdef\n");
    OK(C_Initialize, NULL);
    slot = slot_at(0);
    OK(C_GetSlotInfo, slot, &info);
    CHECK((info.flags & CKF_TOKEN_PRESENT) != 0);
    FAILS(CKR_SLOT_ID_INVALID, C_GetSlotInfo, slot + 77, &info);
    FAILS(CKR_ARGUMENTS_BAD, C_GetSlotInfo, slot, NULL);
    OK(C_GetTokenInfo, slot, &token);
    CHECK((token.flags & CKF_TOKEN_INITIALIZED) == 0);
    CHECK(memcmp(token.serialNumber, "0123456789abcdef", 16) == 0); /* the end of a longer one */
    CHECK(memcmp(token.model, "SOFTWARE TOKEN  ", 16) == 0);
    FAILS(CKR_ARGUMENTS_BAD, C_GetTokenInfo, slot, NULL);
    OK(C_GetMechanismList, slot, NULL, &count);
    CHECK(count > 20 && count <= COUNT(mechanisms));
    count = 3;
    FAILS(CKR_BUFFER_TOO_SMALL, C_GetMechanismList, slot, mechanisms, &count);
    OK(C_GetMechanismList, slot, mechanisms, &count);
    for (CK_ULONG i = 0; i < count; i++) {
        OK(C_GetMechanismInfo, slot, mechanisms[i], &mechanism);
    }
    FAILS(CKR_MECHANISM_INVALID, C_GetMechanismInfo, slot, 0x10005, &mechanism); /* an alias that is off */
    CHECK(setenv("GMPKI_P11_ALIASES", "westone,haitai", 1) == 0);
    OK(C_GetMechanismInfo, slot, 0x10005, &mechanism);
    CHECK(mechanism.flags == CKF_DIGEST);
    CHECK(unsetenv("GMPKI_P11_ALIASES") == 0);
    count = 0;
    FAILS(CKR_BUFFER_TOO_SMALL, C_GetSlotList, CK_FALSE, &slot, &count);
    FAILS(CKR_ARGUMENTS_BAD, C_GetSlotList, CK_FALSE, NULL, NULL);
    FAILS(CKR_TOKEN_NOT_RECOGNIZED, C_OpenSession, slot, CKF_SERIAL_SESSION, NULL, NULL, &count);
    end_token();
}

static void test_token_life(void) {
    CK_SLOT_ID slot;
    CK_UTF8CHAR label[32];
    CK_TOKEN_INFO token;
    CK_OBJECT_HANDLE public_key, private_key;
    CK_SESSION_HANDLE session = begin_token(&slot);
    OK(C_GetTokenInfo, slot, &token);
    CHECK((token.flags & CKF_TOKEN_INITIALIZED) != 0 && (token.flags & CKF_USER_PIN_INITIALIZED) != 0);
    CHECK(memcmp(token.label, "GMPKI-TEST                      ", 32) == 0 && token.ulSessionCount == 1);
    CHECK(slot_at(1) != slot); /* the device has room for another token */
    sm2_pair(session, 1, &public_key, &private_key);
    label_of(label, "other");
    FAILS(CKR_SESSION_EXISTS, C_InitToken, slot, (CK_UTF8CHAR *)(size_t)ADMIN_PIN, 8, label);
    OK(C_CloseAllSessions, slot);
    FAILS(CKR_PIN_INCORRECT, C_InitToken, slot, (CK_UTF8CHAR *)(size_t)"11111111", 8, label);
    FAILS(CKR_ARGUMENTS_BAD, C_InitToken, slot, NULL, 0, label);
    FAILS(CKR_ARGUMENTS_BAD, C_InitToken, slot, (CK_UTF8CHAR *)(size_t)ADMIN_PIN, 8, NULL);
    OK(C_InitToken, slot, (CK_UTF8CHAR *)(size_t)ADMIN_PIN, 8, label);
    OK(C_GetTokenInfo, slot, &token);
    CHECK(memcmp(token.label, "other ", 6) == 0 && (token.flags & CKF_USER_PIN_INITIALIZED) == 0);
    session = open_session(slot, 0);
    CHECK(find(session, NULL, 0, NULL) == 0);
    CHECK(log_in(session, CKU_USER, USER_PIN) == CKR_USER_PIN_NOT_INITIALIZED);
    FAILS(CKR_ARGUMENTS_BAD, C_InitToken, slot_at(1), (CK_UTF8CHAR *)(size_t)ADMIN_PIN, 8,
          label); /* the name is taken */
    label_of(label, "short");
    FAILS(CKR_PIN_LEN_RANGE, C_InitToken, slot_at(1), (CK_UTF8CHAR *)(size_t)"12345", 5, label);
    end_token();
}

static void test_pins(void) {
    CK_SLOT_ID slot;
    CK_TOKEN_INFO token;
    CK_SESSION_HANDLE session = begin_token(&slot);
    CK_SESSION_HANDLE reader = open_session(slot, 0);
    CK_UTF8CHAR *pin = (CK_UTF8CHAR *)(size_t)USER_PIN;
    CHECK(log_in(session, CKU_USER, USER_PIN) == CKR_USER_ALREADY_LOGGED_IN);
    CHECK(log_in(session, CKU_SO, ADMIN_PIN) == CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
    CHECK(log_in(session, 17, ADMIN_PIN) == CKR_USER_TYPE_INVALID);
    CHECK(log_in(session, CKU_CONTEXT_SPECIFIC, USER_PIN) == CKR_OPERATION_NOT_INITIALIZED);
    FAILS(CKR_USER_NOT_LOGGED_IN, C_InitPIN, session, pin, 8);
    OK(C_SetPIN, session, pin, 8, (CK_UTF8CHAR *)(size_t)"abcdefgh", 8);
    FAILS(CKR_PIN_INCORRECT, C_SetPIN, session, pin, 8, (CK_UTF8CHAR *)(size_t)"abcdefgh", 8);
    FAILS(CKR_PIN_LEN_RANGE, C_SetPIN, session, (CK_UTF8CHAR *)(size_t)"abcdefgh", 8, pin, 5);
    FAILS(CKR_PIN_INVALID, C_SetPIN, session, (CK_UTF8CHAR *)(size_t)"abcdefgh", 8, (CK_UTF8CHAR *)(size_t)"1\0002345",
          8);
    FAILS(CKR_SESSION_READ_ONLY, C_SetPIN, reader, pin, 8, pin, 8);
    OK(C_SetPIN, session, (CK_UTF8CHAR *)(size_t)"abcdefgh", 8, pin, 8);
    OK(C_Logout, session);
    FAILS(CKR_USER_NOT_LOGGED_IN, C_Logout, session);
    CHECK(log_in(session, CKU_SO, ADMIN_PIN) == CKR_SESSION_READ_ONLY_EXISTS);
    CHECK(log_in(session, CKU_USER, "x") == CKR_PIN_INCORRECT);
    FAILS(CKR_ARGUMENTS_BAD, C_Login, session, CKU_USER, NULL, 0);
    OK(C_GetTokenInfo, slot, &token);
    CHECK((token.flags & CKF_USER_PIN_COUNT_LOW) != 0 && (token.flags & CKF_USER_PIN_LOCKED) == 0);
    for (int i = 0; i < 4; i++) {
        CK_RV rv = log_in(reader, CKU_USER, "00000000");
        CHECK(rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED);
    }
    CHECK(log_in(reader, CKU_USER, USER_PIN) == CKR_PIN_LOCKED);
    OK(C_GetTokenInfo, slot, &token);
    CHECK((token.flags & CKF_USER_PIN_LOCKED) != 0 && (token.flags & CKF_SO_PIN_LOCKED) == 0);
    OK(C_CloseSession, reader);
    CHECK(log_in(session, CKU_SO, ADMIN_PIN) == CKR_OK);
    FAILS(CKR_SESSION_READ_WRITE_SO_EXISTS, C_OpenSession, slot, CKF_SERIAL_SESSION, NULL, NULL, &reader);
    OK(C_InitPIN, session, (CK_UTF8CHAR *)(size_t)"unblocked", 9);
    OK(C_Logout, session);
    CHECK(log_in(session, CKU_USER, "unblocked") == CKR_OK);
    end_token();
}

static void test_sessions(void) {
    CK_SLOT_ID slot;
    CK_SESSION_INFO info;
    CK_OBJECT_HANDLE key;
    CK_BYTE state[8];
    CK_ULONG len = sizeof state;
    CK_MECHANISM generation = {CKM_GMPKI_SM4_KEY_GEN, NULL, 0};
    CK_SESSION_HANDLE session = begin_token(&slot), reader = open_session(slot, 0), none = 0;
    OK(C_GetSessionInfo, session, &info);
    CHECK(info.state == CKS_RW_USER_FUNCTIONS && info.slotID == slot);
    OK(C_GetSessionInfo, reader, &info);
    CHECK(info.state == CKS_RO_USER_FUNCTIONS);
    FAILS(CKR_SESSION_PARALLEL_NOT_SUPPORTED, C_OpenSession, slot, CKF_RW_SESSION, NULL, NULL, &none);
    FAILS(CKR_ARGUMENTS_BAD, C_OpenSession, slot, CKF_SERIAL_SESSION, NULL, NULL, NULL);
    FAILS(CKR_SLOT_ID_INVALID, C_OpenSession, 4711, CKF_SERIAL_SESSION, NULL, NULL, &none);
    FAILS(CKR_STATE_UNSAVEABLE, C_GetOperationState, session, state, &len);
    FAILS(CKR_SAVED_STATE_INVALID, C_SetOperationState, session, state, len, 0, 0);
    FAILS(CKR_FUNCTION_NOT_PARALLEL, C_GetFunctionStatus, session);
    FAILS(CKR_FUNCTION_NOT_PARALLEL, C_CancelFunction, session);
    FAILS(CKR_RANDOM_SEED_NOT_SUPPORTED, C_SeedRandom, session, state, 8);
    OK(C_GenerateRandom, session, state, sizeof state);
    OK(C_GenerateKey, reader, &generation, NULL, 0, &key); /* an object of a session needs no right to write */
    CHECK(find(session, NULL, 0, NULL) == 1);
    OK(C_CloseSession, reader);
    CHECK(find(session, NULL, 0, NULL) == 0);
    FAILS(CKR_SESSION_HANDLE_INVALID, C_CloseSession, reader);
    OK(C_CloseSession, session); /* the last one: the user is logged out */
    session = open_session(slot, CKF_RW_SESSION);
    OK(C_GetSessionInfo, session, &info);
    CHECK(info.state == CKS_RW_PUBLIC_SESSION);
    end_token();
}

static void *wait_for_event(void *result) {
    CK_SLOT_ID slot;
    *(CK_RV *)result = C_WaitForSlotEvent(0, &slot, NULL);
    return NULL;
}

static void test_events(void) {
    CK_SLOT_ID slot, changed = 99;
    CK_SLOT_INFO info;
    CK_RV answer = CKR_GENERAL_ERROR;
    pthread_t thread;
    CK_SESSION_HANDLE session = begin_token(&slot);
    while (C_WaitForSlotEvent(CKF_DONT_BLOCK, &changed, NULL) == CKR_OK) {
    }
    FAILS(CKR_NO_EVENT, C_WaitForSlotEvent, CKF_DONT_BLOCK, &changed, NULL);
    CHECK(write_test_file(device_file(serial, "absent"), NULL, 0) == 0);
    FAILS(CKR_DEVICE_REMOVED, C_FindObjectsInit, session, NULL, 0);
    FAILS(CKR_SESSION_HANDLE_INVALID, C_FindObjectsInit, session, NULL, 0);
    FAILS(CKR_TOKEN_NOT_PRESENT, C_OpenSession, slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
    OK(C_WaitForSlotEvent, CKF_DONT_BLOCK, &changed, NULL);
    OK(C_GetSlotInfo, slot, &info);
    CHECK(changed == slot && (info.flags & CKF_TOKEN_PRESENT) == 0);
    CHECK(remove(device_file(serial, "absent")) == 0);
    while (C_WaitForSlotEvent(CKF_DONT_BLOCK, &changed, NULL) == CKR_OK) {
    }
    session = open_session(slot, CKF_RW_SESSION);
    CHECK(log_in(session, CKU_USER, USER_PIN) == CKR_OK); /* the login did not outlive the removal */
    CHECK(pthread_create(&thread, NULL, wait_for_event, &answer) == 0);
    (void)usleep(20000);
    OK(C_Finalize, NULL);
    CHECK(pthread_join(thread, NULL) == 0 && answer == CKR_CRYPTOKI_NOT_INITIALIZED);
    remove_tree(device_file(serial, ""));
}

static void test_fork(void) {
    CK_SLOT_ID slot;
    CK_SESSION_INFO info;
    CK_SESSION_HANDLE session = begin_token(&slot);
    pid_t child = fork();
    if (child == 0) {
        int good = C_GetSessionInfo(session, &info) == CKR_CRYPTOKI_NOT_INITIALIZED && C_Initialize(NULL) == CKR_OK &&
                   C_GetSessionInfo(session, &info) == CKR_SESSION_HANDLE_INVALID && C_Finalize(NULL) == CKR_OK;
        _exit(good ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    OK(C_GetSessionInfo, session, &info);
    CHECK(info.state == CKS_RW_USER_FUNCTIONS);
    end_token();
}

#endif /* GMPKI_TESTS_SOFTTOKEN_P11_MANAGEMENT_H */
