#include "zygote.h"
#include "jobs.h"

int main(void)
{
    return sandbox_zygote_run(&test_jobs);
}
