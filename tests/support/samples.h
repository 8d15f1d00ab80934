/** Documents that tests read from the folder in VOUCH_SHARED_DATA, or from any other. */
#ifndef VOUCH_TESTS_SUPPORT_SAMPLES_H
#define VOUCH_TESTS_SUPPORT_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TEST_PATH_SIZE = 1024
};

/** Where a sample is. @return false when there is none */
bool test_samples_find(const char *relative, char path[TEST_PATH_SIZE]);

/** A whole file. @return to be freed; NULL when it can't be read */
uint8_t *test_samples_load(const char *path, size_t *length);

typedef void test_samples_visitor(const char *path, void *user);

/** Visit every file in a folder and those below; hidden ones are left out. @return how many */
size_t test_samples_walk(const char *folder, test_samples_visitor *visit, void *user);

#endif
