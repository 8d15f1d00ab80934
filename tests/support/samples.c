#include "samples.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

bool test_samples_find(const char *relative, char path[TEST_PATH_SIZE])
{
    const char *root = getenv("VOUCH_SHARED_DATA");
    struct stat about;
    snprintf(path, TEST_PATH_SIZE, "%s/%s", root ? root : "", relative);
    return root && stat(path, &about) == 0;
}

uint8_t *test_samples_load(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    uint8_t *data = NULL;
    if (file && fstat(fileno(file), &about) == 0 && (data = malloc((size_t)about.st_size + 1)))
        *length = fread(data, 1, (size_t)about.st_size, file);
    if (file)
        fclose(file);
    return data;
}

size_t test_samples_walk(const char *folder, test_samples_visitor *visit, void *user)
{
    DIR *directory = opendir(folder);
    size_t count = 0;
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[TEST_PATH_SIZE];
        struct stat about;
        if (entry->d_name[0] == '.' ||
            (size_t)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= sizeof path)
            continue;
        if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
            count += test_samples_walk(path, visit, user);
        } else {
            visit(path, user);
            count++;
        }
    }
    if (directory)
        closedir(directory);
    return count;
}
