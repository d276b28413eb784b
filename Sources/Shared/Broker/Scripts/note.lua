-- Notes what of a submission was done, so that a repeated one knows what is left to do.
-- ARGV: 3 the job's entry id or '', 4 '1' when what the user said is saved, or ''
if redis.call('EXISTS', REQUEST) == 0 then return end
if ARGV[3] ~= '' then redis.call('HSETNX', REQUEST, 'job', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('HSET', REQUEST, 'saved', ARGV[4]) end
