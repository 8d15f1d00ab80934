/**
 * Runs a fuzz target over files: all of each folder and every file named on the command line, and the empty input. A
 * target that finds its property broken aborts, which fails the test; the name of the file is printed before it runs.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat stats;
    if (!file || fstat(fileno(file), &stats) != 0) {
        fprintf(stderr, "%s can't be opened\n", path);
        if (file)
            fclose(file);
        return 1;
    }
    size_t size = (size_t)stats.st_size;
    /* Just as large as the input, so that AddressSanitizer sees the first byte that is read beyond it. */
    uint8_t *data = malloc(size > 0 ? size : 1);
    int failed = !data || fread(data, 1, size, file) != size;
    fclose(file);
    printf("%s (%zu bytes)\n", path, size);
    fflush(stdout);
    if (!failed)
        LLVMFuzzerTestOneInput(data, size);
    free(data);
    return failed;
}

static int run_folder(const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort), failed = count < 0;
    for (int i = 0; i < count; i++) {
        char *child = NULL;
        if (entries[i]->d_name[0] != '.') {
            if (asprintf(&child, "%s/%s", path, entries[i]->d_name) < 0)
                abort();
            failed |= run_file(child);
            free(child);
        }
        free(entries[i]);
    }
    free(entries);
    return failed;
}

int main(int argc, char **argv)
{
    static const uint8_t nothing[1];
    int failed = 0;
    LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++) {
        struct stat stats;
        if (stat(argv[i], &stats) != 0)
            printf("there is no %s: only the empty input was run\n", argv[i]);
        else
            failed |= S_ISDIR(stats.st_mode) ? run_folder(argv[i]) : run_file(argv[i]);
    }
    return failed;
}
