"""Chunks: how jobs are shared out, and that none is left waiting."""

from __future__ import annotations

import asyncio

import pytest

from masdesign.evaluation.executors.remote import Chunks


class Doubling:
    """Gives back twice each job, once it is let; notes the chunks that it was sent."""

    def __init__(self) -> None:
        self.sent: list[list[int]] = []
        self.let = asyncio.Event()

    async def __call__(self, jobs):
        self.sent.append(list(jobs))
        await self.let.wait()
        if 13 in jobs:
            raise OSError("no luck")
        return [2 * job for job in jobs]


async def test_a_first_job_goes_at_once_and_those_that_wait_go_together():
    send = Doubling()
    chunks = Chunks(send, places=2, most=5)
    first = asyncio.create_task(chunks.had(100))
    await asyncio.sleep(0.01)
    assert send.sent == [[100]]
    more = [asyncio.create_task(chunks.had(job)) for job in range(8)]
    await asyncio.sleep(0.01)
    assert send.sent[1:] == [[0, 1, 2, 3, 4]]
    send.let.set()
    assert await first == 200
    assert await asyncio.gather(*more) == [2 * job for job in range(8)]
    assert sorted(job for jobs in send.sent for job in jobs) == [*range(8), 100]


async def test_jobs_are_shared_out_evenly():
    send = Doubling()
    chunks = Chunks(send, places=4, most=64)
    send.let.set()
    await asyncio.gather(*(chunks.had(job) for job in range(10, 13)), *(chunks.had(job) for job in range(7)))
    assert [len(jobs) for jobs in send.sent] == [3, 3, 2, 2]


async def test_what_fails_fails_for_its_chunk_alone_and_the_place_is_free_again():
    send = Doubling()
    send.let.set()
    chunks = Chunks(send, places=2, most=2)
    said = await asyncio.gather(*(chunks.had(job) for job in (1, 13, 2, 3, 4)), return_exceptions=True)
    assert [type(value) for value in said] == [OSError, OSError, int, int, int]
    assert await chunks.had(5) == 10


async def test_a_job_that_was_given_up_is_not_sent():
    send = Doubling()
    chunks = Chunks(send, places=1, most=2)
    jobs = [asyncio.create_task(chunks.had(job)) for job in range(4)]
    await asyncio.sleep(0.01)
    jobs[2].cancel()
    send.let.set()
    assert await asyncio.gather(*jobs[:2], jobs[3]) == [0, 2, 6]
    assert send.sent == [[0, 1], [3]]


async def test_closing_leaves_nobody_waiting():
    chunks = Chunks(Doubling(), places=1, most=2)
    job = asyncio.create_task(chunks.had(1))
    await asyncio.sleep(0.01)
    chunks.close()
    with pytest.raises(asyncio.CancelledError):
        await job
