package dev.wsvd.report;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What the pages of a run are told: the newest status and the newest figures, so that one that comes late or is slow misses nothing that holds. */
final class LiveFeed {
    /**
     * Something that pages are told.
     *
     * @param number higher than that of all before
     * @param kind which event of the page it is
     * @param text made when a page is told
     */
    record Message(long number, String kind, Supplier<String> text) {
        /** As server-sent events are written. */
        String event() {
            StringBuilder event = new StringBuilder("event: " + kind + "\n");
            text.get()
                    .lines()
                    .forEach(line -> event.append("data: ").append(line).append('\n'));
            return event.append('\n').toString();
        }
    }

    private Optional<Message> status = Optional.empty();
    private Optional<Message> figures = Optional.empty();
    private long number;
    private int readers;
    private boolean over;

    synchronized void status(Supplier<String> text) {
        status = Optional.of(next("status", text));
    }

    synchronized void figures(String kind, Supplier<String> text) {
        figures = Optional.of(next(kind, text));
    }

    private Message next(String kind, Supplier<String> text) {
        number++;
        notifyAll();
        return new Message(number, kind, text);
    }

    /** Nothing more will come. */
    synchronized void end() {
        over = true;
        notifyAll();
    }

    synchronized void enter() {
        readers++;
    }

    synchronized void leave() {
        readers--;
        notifyAll();
    }

    /** Whether nothing will come after that. */
    synchronized boolean isOver(long seen) {
        return over && seen >= number;
    }

    /** What is newer than that; waits for it, but not longer than said, and not once all is over. */
    synchronized List<Message> after(long seen, long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = millis; left > 0 && seen >= number && !over; left = millisUntil(end)) {
            wait(left);
        }
        return Stream.of(figures, status)
                .flatMap(Optional::stream)
                .filter(message -> message.number() > seen)
                .toList();
    }

    /** Waits until every page has read all, but not longer than said. */
    synchronized void awaitReaders(long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = millis; left > 0 && readers > 0; left = millisUntil(end)) {
            wait(left);
        }
    }

    private static long millisUntil(long end) {
        return TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
}
