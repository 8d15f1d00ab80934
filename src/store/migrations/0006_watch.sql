-- What is measured of the queue at each scrape, whichever its tenant: numbers only.
-- oldest program: 1
--
-- Every part is bounded and goes by the index of its state, so that watching a queue that has run full does not slow it
-- down further: beyond the bound the count stays where it is. The first of a lane by turn hold its oldest. The plan is
-- fixed by settings and conditions, for the reason given in 0005_load.sql.

CREATE FUNCTION queue_metrics(p_most integer)
RETURNS TABLE (bulk boolean, state text, jobs bigint, oldest_us bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouch, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off AS $$
    SELECT s.bulk, s.state, count(*), greatest((extract(epoch FROM now() - min(s.created_at)) * 1000000)::bigint, 0)
    FROM (
        (SELECT j.bulk, CASE WHEN j.not_before <= now() THEN 'queued' ELSE 'waiting' END AS state, j.created_at
         FROM job j WHERE j.state = 'ready' AND j.bulk = false AND j.turn >= 0 ORDER BY j.turn, j.id LIMIT p_most)
        UNION ALL
        (SELECT j.bulk, CASE WHEN j.not_before <= now() THEN 'queued' ELSE 'waiting' END, j.created_at
         FROM job j WHERE j.state = 'ready' AND j.bulk = true AND j.turn >= 0 ORDER BY j.turn, j.id LIMIT p_most)
        UNION ALL
        (SELECT j.bulk, j.state, j.created_at FROM job j WHERE j.state = 'leased' AND j.id > 0 ORDER BY j.id LIMIT p_most)
        UNION ALL
        (SELECT j.bulk, j.state, j.created_at FROM job j WHERE j.state = 'dead' AND j.id > 0 ORDER BY j.id LIMIT p_most)
    ) s GROUP BY s.bulk, s.state
$$;

REVOKE ALL ON FUNCTION queue_metrics(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_metrics(integer) TO vouch_serve, vouch_work, vouch_read;
