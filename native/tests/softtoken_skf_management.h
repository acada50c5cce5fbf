/* Devices, applications, PINs, files, containers. */
#ifndef GMPKI_TESTS_SOFTTOKEN_SKF_MANAGEMENT_H
#define GMPKI_TESTS_SOFTTOKEN_SKF_MANAGEMENT_H

#include "softtoken_skf_support.h"

/* Whether a list of names ends as it must and has this one. */
static int list_has(const char *list, ULONG size, const char *name) {
    int found = 0;
    const char *entry = list;
    while (entry < list + size && *entry != '\0') {
        found = found || strcmp(entry, name) == 0;
        entry += strlen(entry) + 1;
    }
    return found && entry == list + size - 1;
}

/* Before there is a device, and how one is not made. */
static void test_empty_store(void) {
    char list[64];
    ULONG size = 0;
    OK(SKF_EnumDev, TRUE, NULL, &size);
    CHECK(size == 1); /* nothing but the end of the list */
    ULONG name_len = 0;
    OK(SKF_SoftCreateDevice, NULL, SETTINGS, NULL, &name_len);
    CHECK(name_len == 32);
    OK(SKF_EnumDev, TRUE, NULL, &size);
    CHECK(size == 1); /* the question made nothing */
    name_len = 31;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_SoftCreateDevice, NULL, SETTINGS, list, &name_len);
    CHECK(name_len == 32);
    FAILS(SAR_INVALIDPARAMERR, SKF_SoftCreateDevice, NULL, "no such setting=1", list, &name_len);
}

static void test_devices(void) {
    char list[1024];
    ULONG size = 0;
    ULONG state = 9;
    DEVINFO info;
    DEVHANDLE second = NULL;
    BYTE command[7] = {0x80, 0x04}; /* GM/T 0017: get device information, all of it */
    BYTE answer[512];
    ULONG answer_len = sizeof answer;

    device made = make_device("label=测试\nserial=TEST-0001\n");
    CHECK(strcmp(made.name, "TEST-0001") == 0);
    OK(SKF_EnumDev, TRUE, NULL, &size);
    ULONG exact = size;
    size = exact - 1;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_EnumDev, TRUE, list, &size);
    CHECK(size == exact);
    OK(SKF_EnumDev, FALSE, list, &size);
    CHECK(size == exact && list_has(list, size, made.name));

    OK(SKF_GetDevState, made.name, &state);
    CHECK(state == DEV_PRESENT_STATE);
    FAILS(SAR_DEVICE_REMOVED, SKF_ConnectDev, "nobody", &second);
    CHECK(second == NULL);

    memset(&info, 0xA5, sizeof info);
    OK(SKF_GetDevInfo, made.handle, &info);
    CHECK(strcmp(info.Label, "测试") == 0 && strcmp(info.SerialNumber, made.name) == 0);
    CHECK(strstr(info.Manufacturer, "SOFTWARE TOKEN") != NULL && strstr(info.Issuer, "not certified") != NULL);
    CHECK(info.Version.major == 1 && info.Version.minor == 0 && info.DevAuthAlgId == SGD_SM4_ECB);
    CHECK((info.AlgSymCap & 0xF00) == 0x400 && (info.AlgHashCap & SGD_SM3) != 0); /* neither SM1 nor SSF33 */
    CHECK(info.TotalSpace == 128 * 1024 && info.FreeSpace <= info.TotalSpace);
    CHECK(info.Reserved[0] == 0 && info.Reserved[63] == 0);
    OK(SKF_SetLabel, made.handle, "other");
    OK(SKF_GetDevInfo, made.handle, &info);
    CHECK(strcmp(info.Label, "other") == 0);
    FAILS(SAR_NAMELENERR, SKF_SetLabel, made.handle, "a label of thirty-two characters");

    OK(SKF_ConnectDev, made.name, &second);
    CHECK(second != made.handle);
    OK(SKF_LockDev, made.handle, 0);
    FAILS(SAR_TIMEOUTERR, SKF_LockDev, second, 20);
    CHECK(SKF_UnlockDev(second) != SAR_OK);
    OK(SKF_UnlockDev, made.handle);
    OK(SKF_LockDev, second, 20);
    OK(SKF_DisConnectDev, second); /* unlocks */
    OK(SKF_LockDev, made.handle, 0);
    OK(SKF_UnlockDev, made.handle);

    OK(SKF_Transmit, made.handle, command, sizeof command, answer, &answer_len);
    CHECK(answer_len > 2 && answer[answer_len - 2] == 0x90 && answer[answer_len - 1] == 0x00);
    OK(SKF_DisConnectDev, made.handle);
}

static void test_authentication(void) {
    device made = make_device("");
    HAPPLICATION application = NULL;
    DEVHANDLE handle = NULL;
    BYTE new_key[17] = "ABCDEFGHIJKLMNOP";
    OK(SKF_DisConnectDev, made.handle); /* the last one: nobody is authenticated any more */
    OK(SKF_ConnectDev, made.name, &handle);
    FAILS(SAR_DEVNOAUTH, SKF_CreateApplication, handle, "second", ADMIN_PIN, 6, USER_PIN, 6, 0, &application);
    FAILS(SAR_DEVNOAUTH, SKF_DeleteApplication, handle, APPLICATION);
    FAILS(SAR_DEVNOAUTH, SKF_ChangeDevAuthKey, handle, new_key, 16);
    CHECK(authenticate(handle, "1234567812345679") != SAR_OK);
    FAILS(SAR_DEVNOAUTH, SKF_DeleteApplication, handle, APPLICATION);
    FAILS(SAR_INDATALENERR, SKF_DevAuth, handle, new_key, 15);
    CHECK(authenticate(handle, "1234567812345678") == SAR_OK);
    FAILS(SAR_INDATALENERR, SKF_ChangeDevAuthKey, handle, new_key, 15);
    OK(SKF_ChangeDevAuthKey, handle, new_key, 16);
    OK(SKF_DisConnectDev, handle);
    OK(SKF_ConnectDev, made.name, &handle);
    CHECK(authenticate(handle, "1234567812345678") != SAR_OK);
    CHECK(authenticate(handle, (const char *)new_key) == SAR_OK);
    OK(SKF_DisConnectDev, handle);
}

static void *wait_for_event(void *answer) {
    char name[32];
    ULONG len = sizeof name;
    ULONG event = 0;
    ULONG code = SKF_WaitForDevEvent(name, &len, &event);
    *(ULONG *)answer = code;
    return NULL;
}

static void wait_a_moment(void) {
    const struct timespec moment = {.tv_nsec = 120 * 1000 * 1000};
    nanosleep(&moment, NULL);
}

static void *pull_out_later(void *name) {
    wait_a_moment();
    return pull_out(name, 1) ? name : NULL;
}

static void test_events(void) {
    device made = make_device("");
    char name[32];
    ULONG len = sizeof name;
    ULONG event = 0;
    ULONG state = 9;
    BYTE random[8];
    ULONG answer = SAR_OK;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, wait_for_event, &answer) == 0);
    wait_a_moment();
    OK(SKF_CancelWaitForDevEvent);
    CHECK(pthread_join(thread, NULL) == 0 && answer == SAR_NOT_EVENTERR);

    CHECK(pthread_create(&thread, NULL, pull_out_later, made.name) == 0);
    len = 2; /* too little: told, and not lost */
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_WaitForDevEvent, name, &len, &event);
    void *pulled = NULL;
    CHECK(pthread_join(thread, &pulled) == 0 && pulled != NULL);
    CHECK(len == strlen(made.name) + 1);
    OK(SKF_WaitForDevEvent, name, &len, &event);
    CHECK(event == SKF_EVENT_REMOVED && strcmp(name, made.name) == 0 && len == strlen(made.name) + 1);
    OK(SKF_GetDevState, made.name, &state);
    CHECK(state == DEV_ABSENT_STATE);
    FAILS(SAR_DEVICE_REMOVED, SKF_GenRandom, made.handle, random, sizeof random);
    FAILS(SAR_DEVICE_REMOVED, SKF_EnumContainer, made.application, NULL, &len);
    DEVHANDLE handle = NULL;
    FAILS(SAR_DEVICE_REMOVED, SKF_ConnectDev, made.name, &handle);
    CHECK(pull_out(made.name, 0));
    len = sizeof name;
    OK(SKF_WaitForDevEvent, name, &len, &event);
    CHECK(event == SKF_EVENT_INSERTED && strcmp(name, made.name) == 0);
    FAILS(SAR_DEVICE_REMOVED, SKF_GenRandom, made.handle, random, sizeof random); /* an old handle stays old */
    OK(SKF_DisConnectDev, made.handle);
    OK(SKF_ConnectDev, made.name, &handle);
    OK(SKF_GenRandom, handle, random, sizeof random);
    OK(SKF_DisConnectDev, handle);
}

static void test_applications(void) {
    device made = make_device("max_applications=3\n");
    HAPPLICATION application = NULL;
    char list[256];
    ULONG size = sizeof list;
    OK(SKF_EnumApplication, made.handle, list, &size);
    CHECK(size == sizeof APPLICATION + 1 && list_has(list, size, APPLICATION));
    FAILS(SAR_APPLICATION_EXISTS, SKF_CreateApplication, made.handle, APPLICATION, ADMIN_PIN, 6, USER_PIN, 6, 0,
          &application);
    FAILS(SAR_PIN_LEN_RANGE, SKF_CreateApplication, made.handle, "x", ADMIN_PIN, 6, "12345", 6, 0, &application);
    FAILS(SAR_NAMELENERR, SKF_CreateApplication, made.handle, "", ADMIN_PIN, 6, USER_PIN, 6, 0, &application);
    application = make_application(made.handle, "second");
    OK(SKF_CloseApplication, application);
    application = make_application(made.handle, "third");
    OK(SKF_CloseApplication, application);
    FAILS(SAR_NO_ROOM, SKF_CreateApplication, made.handle, "fourth", ADMIN_PIN, 6, USER_PIN, 6, 0, &application);
    size = sizeof list;
    OK(SKF_EnumApplication, made.handle, list, &size);
    CHECK(list_has(list, size, "second") && list_has(list, size, "third"));
    FAILS(SAR_APPLICATION_NOT_EXISTS, SKF_OpenApplication, made.handle, "fourth", &application);
    OK(SKF_OpenApplication, made.handle, "second", &application);
    OK(SKF_DeleteApplication, made.handle, "second");
    FAILS(SAR_APPLICATION_NOT_EXISTS, SKF_ClearSecureState, application);
    FAILS(SAR_APPLICATION_NOT_EXISTS, SKF_DeleteApplication, made.handle, "second");
    OK(SKF_DisConnectDev, made.handle);
}

static void test_pins(void) {
    device made = make_device("");
    HCONTAINER container = NULL;
    ULONG left = 99;
    ULONG most = 0;
    BOOL is_default = 7;
    OK(SKF_GetPINInfo, made.application, USER_TYPE, &most, &left, &is_default);
    CHECK(most == 6 && left == 6 && is_default == TRUE);
    FAILS(SAR_USER_TYPE_INVALID, SKF_VerifyPIN, made.application, 2, USER_PIN, &left);
    FAILS(SAR_PIN_INCORRECT, SKF_VerifyPIN, made.application, USER_TYPE, "wrong-pin", &left);
    CHECK(left == 5);
    OK(SKF_ChangePIN, made.application, USER_TYPE, USER_PIN, "new-user-pin", &left);
    FAILS(SAR_PIN_LEN_RANGE, SKF_ChangePIN, made.application, USER_TYPE, "new-user-pin", "short", &left);
    OK(SKF_GetPINInfo, made.application, USER_TYPE, &most, &left, &is_default);
    CHECK(left == 6 && is_default == FALSE);
    OK(SKF_ClearSecureState, made.application);
    FAILS(SAR_USER_NOT_LOGGED_IN, SKF_CreateContainer, made.application, "con2", &container);
    for (ULONG i = 5; i > 0; i--) {
        FAILS(SAR_PIN_INCORRECT, SKF_VerifyPIN, made.application, USER_TYPE, USER_PIN, &left);
        CHECK(left == i);
    }
    FAILS(SAR_PIN_LOCKED, SKF_VerifyPIN, made.application, USER_TYPE, USER_PIN, &left);
    CHECK(left == 0);
    FAILS(SAR_PIN_LOCKED, SKF_VerifyPIN, made.application, USER_TYPE, "new-user-pin", &left);
    FAILS(SAR_PIN_INCORRECT, SKF_UnblockPIN, made.application, "wrong-admin", USER_PIN, &left);
    CHECK(left == 5);
    OK(SKF_UnblockPIN, made.application, ADMIN_PIN, USER_PIN, &left);
    login(made.application);
    OK(SKF_VerifyPIN, made.application, ADMIN_TYPE, ADMIN_PIN, &left);
    OK(SKF_DisConnectDev, made.handle);
}

static void test_files(void) {
    device made = make_device("");
    BYTE data[64];
    char list[256];
    ULONG len = sizeof data;
    FILEATTRIBUTE attribute;
    char full_name[] = "a name of thirty-two characters!";
    FAILS(SAR_FILE_NOT_EXIST, SKF_GetFileInfo, made.application, "file", &attribute);
    OK(SKF_CreateFile, made.application, "file", 40, SECURE_ANYONE_ACCOUNT, SECURE_USER_ACCOUNT);
    FAILS(SAR_FILE_ALREADY_EXIST, SKF_CreateFile, made.application, "file", 40, 0, 0);
    OK(SKF_CreateFile, made.application, full_name, 1, SECURE_USER_ACCOUNT, SECURE_USER_ACCOUNT);
    OK(SKF_GetFileInfo, made.application, full_name, &attribute);
    CHECK(memcmp(attribute.FileName, full_name, 32) == 0 && attribute.FileSize == 1);
    CHECK(attribute.ReadRights == SECURE_USER_ACCOUNT && attribute.WriteRights == SECURE_USER_ACCOUNT);
    ULONG size = sizeof list;
    OK(SKF_EnumFiles, made.application, list, &size);
    CHECK(size == 5 + 33 + 1 && list_has(list, size, "file") && list_has(list, size, full_name));
    OK(SKF_WriteFile, made.application, "file", 30, (BYTE *)"0123456789", 10);
    CHECK(SKF_WriteFile(made.application, "file", 31, (BYTE *)"0123456789", 10) != SAR_OK);
    OK(SKF_ReadFile, made.application, "file", 0, 64, NULL, &len);
    CHECK(len == 40);
    len = 39;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_ReadFile, made.application, "file", 0, 64, data, &len);
    CHECK(len == 40);
    OK(SKF_ReadFile, made.application, "file", 0, 64, data, &len);
    CHECK(len == 40 && memcmp(data + 30, "0123456789", 10) == 0 && data[0] == 0);
    len = sizeof data;
    OK(SKF_ReadFile, made.application, "file", 38, 2, data, &len);
    CHECK(len == 2 && memcmp(data, "89", 2) == 0);
    len = sizeof data;
    FAILS(SAR_FILEERR, SKF_ReadFile, made.application, "file", 41, 1, data, &len);
    OK(SKF_ClearSecureState, made.application);
    FAILS(SAR_USER_NOT_LOGGED_IN, SKF_WriteFile, made.application, "file", 0, data, 1);
    FAILS(SAR_USER_NOT_LOGGED_IN, SKF_DeleteFile, made.application, "file");
    login(made.application);
    OK(SKF_DeleteFile, made.application, "file");
    OK(SKF_DisConnectDev, made.handle);
}

static void test_containers(void) {
    static BYTE certificate[] = {0x30, 0x03, 0x02, 0x01, 0x05}; /* one DER SEQUENCE; the token reads no further */
    device made = make_device("max_containers=2\n");
    HCONTAINER container = NULL;
    BYTE data[16];
    char list[256];
    ULONG size = sizeof list;
    ULONG type = 9;
    ULONG len = 0;
    FAILS(SAR_CONTAINER_EXISTS, SKF_CreateContainer, made.application, CONTAINER, &container);
    OK(SKF_CreateContainer, made.application, "容器二", &container);
    OK(SKF_CloseContainer, container);
    FAILS(SAR_REACH_MAX_CONTAINER_COUNT, SKF_CreateContainer, made.application, "con3", &container);
    OK(SKF_EnumContainer, made.application, list, &size);
    CHECK(list_has(list, size, CONTAINER) && list_has(list, size, "容器二"));
    FAILS(SAR_CONTAINER_NOT_EXISTS, SKF_OpenContainer, made.application, "con3", &container);
    OK(SKF_OpenContainer, made.application, "容器二", &container);
    OK(SKF_GetContainerType, container, &type);
    CHECK(type == SKF_CONTAINER_EMPTY);
    FAILS(SAR_CERTNOTFOUNTERR, SKF_ExportCertificate, container, TRUE, NULL, &len);
    FAILS(SAR_INDATAERR, SKF_ImportCertificate, container, TRUE, certificate, 4);
    FAILS(SAR_INDATALENERR, SKF_ImportCertificate, container, TRUE, certificate, 0);
    OK(SKF_ImportCertificate, container, FALSE, certificate, sizeof certificate);
    FAILS(SAR_CERTNOTFOUNTERR, SKF_ExportCertificate, container, TRUE, NULL, &len);
    OK(SKF_ExportCertificate, container, FALSE, NULL, &len);
    CHECK(len == sizeof certificate);
    len--;
    FAILS(SAR_BUFFER_TOO_SMALL, SKF_ExportCertificate, container, FALSE, data, &len);
    OK(SKF_ExportCertificate, container, FALSE, data, &len);
    CHECK(len == sizeof certificate && memcmp(data, certificate, len) == 0);
    OK(SKF_DeleteContainer, made.application, "容器二");
    FAILS(SAR_CONTAINER_NOT_EXISTS, SKF_GetContainerType, container, &type);
    FAILS(SAR_CONTAINER_NOT_EXISTS, SKF_DeleteContainer, made.application, "容器二");
    OK(SKF_DisConnectDev, made.handle);
}

#endif /* GMPKI_TESTS_SOFTTOKEN_SKF_MANAGEMENT_H */
