/**
 * The same work without processes, and the way into the zygote: everything that needs the product's jobs.
 */
#include "answer.h"
#include "job.h"
#include "zygote.h"

static vouch_code feed_collector(void *context, const void *bytes, size_t length, vouch_error *err)
{
    return sandbox_collector_feed(context, bytes, length, err);
}

static vouch_code run_mode(const vouch_sandbox_options *options, const vouch_sandbox_request *request,
                           sandbox_mode mode, sandbox_outcome *out, vouch_error *err)
{
    const sandbox_order order = {.mode = mode,
                                 .page_scale = request->page_scale,
                                 .max_page_pictures = request->max_page_pictures > 0 ? request->max_page_pictures : 0};
    const sandbox_task task = {.data = request->data,
                               .length = request->length,
                               .order = &order,
                               .pipeline = &options->pipeline,
                               .answer_bytes = options->answer_bytes};
    out->collector.answer_bytes = options->answer_bytes;
    out->collector.max_pictures = order.max_page_pictures;
    out->collector.max_pixels = options->pipeline.limits.max_pixels;
    const sandbox_sink sink = {.write = feed_collector, .context = &out->collector};
    vouch_error failed = VOUCH_ERROR_INIT;
    const vouch_code code = sandbox_product_jobs.by_mode[mode](&task, &sink, &failed);
    if (code == VOUCH_NO_MEMORY)
        return vouch_fail(err, code, "%s", failed.message);
    if (code != VOUCH_OK) {
        out->end.code = code == VOUCH_CHILD_BAD_ANSWER ? code : VOUCH_CHILD_EXIT;
        sandbox_copy_text(out->end.detail, sizeof out->end.detail, failed.message);
    }
    return VOUCH_OK;
}

static void outcome_done(sandbox_outcome *outcome)
{
    sandbox_collector_done(&outcome->collector);
}

vouch_code vouch_sandbox_run_inside(const vouch_sandbox_options *options, const vouch_sandbox_request *request,
                                    vouch_answer *out, vouch_error *err)
{
    VOUCH_CLEANUP(outcome_done) sandbox_outcome reader = {0};
    VOUCH_CLEANUP(outcome_done) sandbox_outcome verifier = {0};
    VOUCH_TRY(vouch_decode_warm_up(err));
    VOUCH_TRY(run_mode(options, request, SANDBOX_READER, &reader, err));
    if (request->verify)
        VOUCH_TRY(run_mode(options, request, SANDBOX_VERIFIER, &verifier, err));
    return sandbox_answer_assemble(request, &reader, request->verify ? &verifier : NULL, out, err);
}

int vouch_sandbox_zygote_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return sandbox_zygote_run(&sandbox_product_jobs);
}
