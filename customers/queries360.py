"""What the customers app reads for the 360 page, as sub-selects: the page joins those of every app into one statement.

Each part answers one JSON value. Parameters: id, run, as_of (its day), cust_code, family, zone, at (instant), today, first_month and
newest (bill months), circle_from (first month of ties that count), year_ago. `people` is a relation of the ids that count as this customer: itself and its aliases;
asked as an array, so that the planner walks indexes however it guesses their number.
"""

from __future__ import annotations

PEOPLE = "with people as materialized (select id from customers_customer where id = %(id)s or merged_into_id = %(id)s)"
PARTS = {
    # monthly bills by their key (month, customer), one index look-up a month; an alias adds its own, as in the frame
    "bills": """
        select json_agg(bill order by bill.month) from (
            select month, %(id)s as customer_id, min(state) as state, bool_or(is_signed) as is_signed,
                sum(arpu_fen) as arpu_fen, sum(plan_fee_fen) as plan_fee_fen, sum(voice_fee_fen) as voice_fee_fen,
                sum(data_fee_fen) as data_fee_fen, sum(sms_fee_fen) as sms_fee_fen, sum(vas_fee_fen) as vas_fee_fen,
                sum(roam_fee_fen) as roam_fee_fen, sum(over_fee_fen) as over_fee_fen,
                sum(discount_fen) as discount_fen, sum(owed_fen) as owed_fen, sum(voice_min) as voice_min,
                sum(data_mb) as data_mb, sum(sms_count) as sms_count, max(active_days) as active_days,
                max(batch_id) as batch_id
            from customers_monthlybill
            where customer_id = any (array(select id from people)) and month between %(first_month)s and %(newest)s
            group by month
        ) bill""",
    "standing": """
        select to_json(standing) from customers_standing standing
        where standing.run_id = %(run)s and standing.customer_id = %(id)s""",
    "bundles": """
        select json_agg(bundle order by bundle.status, bundle.end_date nulls last, bundle.id)
        from customers_bundle bundle where bundle.customer_id = any (array(select id from people))""",
    "family": """
        select json_agg(relative order by relative.family_role, relative.id) from (
            select other.id, other.msisdn, other.family_role, other.state, other.county_id, other.manager_id,
                standing.code
            from customers_customer other
            left join customers_standing standing
                on standing.run_id = %(run)s and standing.customer_id = other.id
            where other.family_id = %(family)s and other.id <> %(id)s and other.merged_into_id is null
            order by other.family_role, other.id limit 12
        ) relative""",
    "lines": """
        select json_agg(line order by line.id) from (
            select other.id, other.msisdn, other.state, other.county_id, other.manager_id
            from customers_customer other
            where %(cust_code)s <> '' and other.cust_code = %(cust_code)s and other.id <> %(id)s
                and other.merged_into_id is null
            order by other.id limit 12
        ) line""",
    # who talks with this customer, as sums: the minutes together, all minutes of theirs, what the night says of them;
    # from either side of a tie by its own index, then theirs one by one. Nobody is named: that is the customers' secret
    "circle": """
        select json_agg(near order by near.minutes desc, near.other_id) from (
            select tied.other_id, tied.minutes, standing.cum3_fen, standing.code, (
                    select sum(theirs.minutes) from (
                        select minutes from customers_circletie
                        where customer_id = tied.other_id and month >= %(circle_from)s
                        union all
                        select minutes from customers_circletie
                        where peer_id = tied.other_id and month >= %(circle_from)s
                    ) theirs
                ) as whole_minutes
            from (
                select side.other_id, sum(side.minutes) as minutes from (
                    select peer_id as other_id, minutes from customers_circletie
                    where customer_id = any (array(select id from people)) and month >= %(circle_from)s
                    union all
                    select customer_id, minutes from customers_circletie
                    where peer_id = any (array(select id from people)) and month >= %(circle_from)s
                ) side
                where side.other_id <> all (array(select id from people)) and side.minutes > 0
                group by side.other_id
            ) tied
            join customers_standing standing on standing.run_id = %(run)s and standing.customer_id = tied.other_id
            where standing.state <= 5
            order by tied.minutes desc, tied.other_id limit 100
        ) near""",
    "consents": """
        select json_agg(consent order by consent.channel) from (
            select channel, bool_and(is_given) as is_given from customers_consent
            where customer_id = any (array(select id from people)) group by channel
        ) consent""",
    # on a list with one record is on the list
    "lists": """
        select json_build_object('is_special', bool_or(is_special), 'is_red_listed', bool_or(is_red_listed),
            'is_black_listed', bool_or(is_black_listed), 'is_sensitive', bool_or(is_sensitive))
        from customers_customer where id = any (array(select id from people))""",
    "quiet": """
        select json_agg(quiet order by quiet.scope, quiet.id) from customers_donotdisturb quiet
        where quiet.customer_id = any (array(select id from people)) and quiet.starts_at <= %(at)s
            and (quiet.ends_at is null or quiet.ends_at > %(at)s)""",
    # one service a day and channel, whether the channel reported an event, the agent wrote a log, or both
    "served": """
        select json_agg(served order by served.day, served.channel) from (
            select case kind when 7 then 'hotline' when 8 then 'hall' else 'online' end as channel,
                (occurred_at at time zone %(zone)s)::date as day
            from customers_event
            where customer_id = any (array(select id from people)) and kind in (7, 8, 9)
                and occurred_at >= %(year_ago)s and occurred_at <= %(at)s
            union
            select channel, (served_at at time zone %(zone)s)::date
            from customers_servicelog
            where customer_id = any (array(select id from people)) and served_at >= %(year_ago)s and served_at <= %(at)s
        ) served""",
    # the tags in force as bits, as the frame has them: one that is switched off binds no rule
    "tags": """
        select coalesce(bit_or(1::bigint << tag.bit), 0)
        from customers_customertag mark join customers_tag tag on tag.id = mark.tag_id
        where mark.customer_id = any (array(select id from people)) and tag.is_active
            and mark.starts_on <= %(today)s and (mark.ends_on is null or mark.ends_on >= %(today)s)""",
    "complaints": """
        select json_build_object(
            'year', count(*) filter (where opened_at >= %(year_ago)s), 'open', count(*) filter (where status = 1))
        from customers_complaint where customer_id = any (array(select id from people)) and opened_at <= %(at)s""",
    # what the credit level looks at beside bills and profile: late payments of 90 days, the newest stop for arrears
    "payments": """
        select json_build_object('delays', count(*) filter (where kind = 12),
            'stopped_on', max(day) filter (where kind = 15 and day >= %(as_of)s::date - 60))
        from (
            select kind, (occurred_at at time zone %(zone)s)::date as day from customers_event
            where customer_id = any (array(select id from people)) and kind in (12, 15)
        ) paid where day between %(as_of)s::date - 90 and %(as_of)s::date""",
    # the newest word of the customer on the own loyalty: a survey's answer or a checked field
    "loyalty": """
        select to_json(said) from (
            select 'survey' as source, answer.taken_at as at
            from customers_surveyanswer answer
            join customers_surveyquestion question on question.id = answer.question_id
            cross join jsonb_array_elements(question.choices) choice
            where answer.customer_id = any (array(select id from people)) and choice ->> 'value' = answer.value
                and choice ->> 'loyalty' is not null
            union all
            select 'checked', checked_at from customers_fieldcheck
            where customer_id = any (array(select id from people)) and field = 'loyalty'
            order by at desc limit 1
        ) said""",
}

# Each answers (at, id, data); a date counts from its midnight in the branch's zone.
TIMELINE = {
    "bill": """
        select (month + interval '1 month')::timestamp at time zone %(zone)s as at,
            (extract(year from month) * 100 + extract(month from month))::bigint * 10000000000 + customer_id as id,
            json_build_object('month', month, 'arpu_fen', arpu_fen, 'over_fee_fen', over_fee_fen) as data
        from customers_monthlybill
        where customer_id = any (array(select id from people)) and month between %(first_month)s and %(newest)s""",
    "event": """
        select occurred_at as at, id,
            json_build_object('kind', kind, 'channel', channel, 'detail', detail) as data
        from customers_event where customer_id = any (array(select id from people)) and kind not in (11, 14, 16, 17, 19)""",
    "ownership": """
        select occurred_at as at, id, json_build_object('kind', kind, 'channel', channel, 'detail', detail) as data
        from customers_event where customer_id = any (array(select id from people)) and kind in (11, 14)
        union all
        select merged_at, -id, json_build_object('alias', alias_id, 'undone_at', undone_at)
        from customers_customermerge where customer_id = %(id)s""",
    "complaint": """
        select opened_at as at, id, json_build_object('level', level, 'status', status, 'category', category,
            'channel', channel, 'satisfaction', satisfaction) as data
        from customers_complaint where customer_id = any (array(select id from people))""",
    "service": """
        select served_at as at, id, json_build_object('channel', channel, 'category', category,
            'content', content, 'agent', agent) as data
        from customers_servicelog where customer_id = any (array(select id from people))""",
    "network": """
        select measured_on::timestamp at time zone %(zone)s as at, id, json_build_object('poor_voice', poor_voice,
            'poor_data', poor_data, 'outage_ended_at', outage_ended_at) as data
        from customers_networkquality where customer_id = any (array(select id from people))""",
    "bundle": """
        select start_date::timestamp at time zone %(zone)s as at, 2 * id as id,
            json_build_object('name', product_name, 'is_end', false, 'status', status) as data
        from customers_bundle where customer_id = any (array(select id from people)) and start_date <= %(today)s
        union all
        select end_date::timestamp at time zone %(zone)s, 2 * id + 1,
            json_build_object('name', product_name, 'is_end', true, 'status', status)
        from customers_bundle where customer_id = any (array(select id from people)) and end_date <= %(today)s""",
    # the last published run of a day speaks for the day; `fields` are the verdicts the reader may see
    "change": """
        select run.as_of::timestamp at time zone %(zone)s as at, change.id,
            json_build_object('field', change.field, 'before', change.before, 'after', change.after,
                'policies', run.policies) as data
        from customers_standingchange change
        join customers_run run on run.id = change.run_id
        where change.customer_id = %(id)s and change.field = any(%(fields)s) and run.status = 'published'
            and not exists (
                select 1 from customers_run later
                where later.status = 'published' and later.as_of = run.as_of and later.id > run.id)""",
    # nights that judged by another version than the night before
    "policy": """
        select run.as_of::timestamp at time zone %(zone)s as at, run.id,
            json_build_object('before', run.before, 'after', run.policies) as data
        from (
            select id, as_of, policies, lag(policies) over (order by as_of, id) as before
            from customers_run where status = 'published'
        ) run
        where run.before is not null and run.before <> run.policies and %(run)s is not null""",
    "need": """
        select need.collected_at as at, need.id, json_build_object('zh', kind.name_zh, 'en', kind.name_en,
            'status', need.status, 'source', need.source, 'words', need.words) as data
        from customers_need need join customers_needkind kind on kind.id = need.kind_id
        where need.customer_id = any (array(select id from people))""",
    "tag": """
        select mark.starts_on::timestamp at time zone %(zone)s as at, mark.id,
            json_build_object('zh', tag.name_zh, 'en', tag.name_en, 'ends_on', mark.ends_on) as data
        from customers_customertag mark join customers_tag tag on tag.id = mark.tag_id
        where mark.customer_id = any (array(select id from people))""",
    "survey": """
        select answer.taken_at as at, min(answer.id) as id, json_build_object('zh', form.name_zh, 'en', form.name_en,
            'answers', count(*)) as data
        from customers_surveyanswer answer
        join customers_surveyquestion question on question.id = answer.question_id
        join customers_surveyform form on form.id = question.form_id
        where answer.customer_id = any (array(select id from people))
        group by answer.taken_at, form.id, form.name_zh, form.name_en""",
    "correction": """
        select fieldcheck.checked_at as at, fieldcheck.id, json_build_object('field', fieldcheck.field,
            'is_correction', fieldcheck.is_correction, 'by', staff.display_name) as data
        from customers_fieldcheck fieldcheck
        left join customers_staff staff on staff.id = fieldcheck.checked_by_id
        where fieldcheck.customer_id = any (array(select id from people))""",
}
