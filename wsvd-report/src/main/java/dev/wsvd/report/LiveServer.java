package dev.wsvd.report;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves one page and what it is told to browsers of this machine that know its address. Everybody else finds nothing there: the
 * address has a random token, and requests that a browser makes by another name of this machine, or for another page, are not answered.
 */
final class LiveServer implements AutoCloseable {
    private static final int TOKEN_BYTES = 16;
    private static final int CONNECTIONS = 16;
    /** Pages are told at most so often. */
    private static final long PAUSE_MS = 200;

    private static final long SILENCE_MS = 10_000;
    private static final int HTTP_PORT = 80;
    private static final int OK = 200;
    private static final int ACCEPTED = 202;
    private static final int NOT_FOUND = 404;

    private final LiveFeed feed;
    private final Runnable stop;
    private final byte[] token;
    private final HttpServer server;
    private final ExecutorService threads;

    /**
     * @param port 0 for any that is free
     * @param stop what the page's button does; called by a thread of the server
     * @throws InvalidInputException if the port cannot be had
     */
    LiveServer(int port, LiveFeed feed, Runnable stop) {
        this.feed = feed;
        this.stop = stop;
        byte[] random = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(random);
        this.token = HexFormat.of().formatHex(random).getBytes(StandardCharsets.US_ASCII);
        try {
            this.server = HttpServer.create(new InetSocketAddress(thisMachine(), port), 0);
        } catch (IOException e) {
            throw new InvalidInputException(
                    "The page cannot be served at port " + port + ": " + e.getMessage()
                            + ". Maybe give another port, or none to take one that is free.",
                    e);
        }
        this.threads = Executors.newFixedThreadPool(CONNECTIONS, work -> {
            Thread thread = new Thread(work, "wsvd-live");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    private static InetAddress thisMachine() throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + port() + "/" + new String(token, StandardCharsets.US_ASCII) + "/");
    }

    private int port() {
        return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String asked = exchange.getRequestMethod() + " " + place(exchange).orElse("nothing");
            switch (asked) {
                case "GET /" -> page(exchange);
                case "GET /events" -> events(exchange);
                case "POST /stop" -> {
                    exchange.sendResponseHeaders(ACCEPTED, -1);
                    exchange.close();
                    stop.run();
                }
                default -> exchange.sendResponseHeaders(NOT_FOUND, -1);
            }
        }
    }

    /** What is asked for, behind the token; empty for those who may not ask. */
    private Optional<String> place(HttpExchange exchange) {
        String path = exchange.getRequestURI().getRawPath();
        int end = path == null ? -1 : path.indexOf('/', 1);
        if (end < 0 || !path.startsWith("/") || !isForThisPage(exchange)) {
            return Optional.empty();
        }
        byte[] given = path.substring(1, end).getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(token, given) ? Optional.of(path.substring(end)) : Optional.empty();
    }

    /** A name that somebody else gave to this machine's address is not this machine's: pages elsewhere could ask by it. */
    private boolean isForThisPage(HttpExchange exchange) {
        List<String> hosts = exchange.getRequestHeaders().getOrDefault("Host", List.of());
        List<String> origins = exchange.getRequestHeaders().getOrDefault("Origin", List.of());
        // Browsers leave out the port that addresses have by default.
        String port = port() == HTTP_PORT ? "(:80)?" : ":" + port();
        boolean here = hosts.size() == 1 && hosts.get(0).matches("(127\\.0\\.0\\.1|localhost)" + port);
        return here && origins.stream().allMatch(origin -> origin.equals("http://" + hosts.get(0)));
    }

    private static void page(HttpExchange exchange) throws IOException {
        byte[] page = HtmlReport.live().getBytes(StandardCharsets.UTF_8);
        begin(exchange, "text/html; charset=utf-8", page.length);
        exchange.getResponseBody().write(page);
    }

    private static void begin(HttpExchange exchange, String type, long length) throws IOException {
        var headers = exchange.getResponseHeaders();
        headers.set("Content-Type", type);
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        // What a page cannot say of itself.
        headers.set("Content-Security-Policy", "frame-ancestors 'none'");
        exchange.sendResponseHeaders(OK, length);
    }

    /** Tells what comes until all is told, or nobody listens any more. */
    private void events(HttpExchange exchange) throws IOException {
        begin(exchange, "text/event-stream; charset=utf-8", 0);
        OutputStream out = exchange.getResponseBody();
        feed.enter();
        try {
            for (long seen = 0; !feed.isOver(seen); ) {
                List<LiveFeed.Message> news = feed.after(seen, SILENCE_MS);
                // A comment: whether somebody still listens is only seen by writing.
                StringBuilder text = new StringBuilder(news.isEmpty() ? ":\n\n" : "");
                for (LiveFeed.Message message : news) {
                    text.append(message.event());
                    seen = Math.max(seen, message.number());
                }
                out.write(text.toString().getBytes(StandardCharsets.UTF_8));
                out.flush();
                if (!feed.isOver(seen)) {
                    Thread.sleep(PAUSE_MS);
                }
            }
            exchange.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            feed.leave();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
