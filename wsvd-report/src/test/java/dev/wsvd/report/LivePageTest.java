package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.ProgressEvent.Advanced;
import dev.wsvd.domain.spi.ProgressEvent.Drafted;
import dev.wsvd.domain.spi.ProgressEvent.Evaluated;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.json.JsonStats;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the server of a live page answers, and to whom. */
class LivePageTest {
    private final LivePage page = LivePage.open(0);
    private final URI address = page.address();
    private final String host = address.getAuthority();
    private final CountDownLatch stopped = new CountDownLatch(1);

    @AfterEach
    void close() {
        page.close();
    }

    @Test
    void whoKnowsTheAddressGetsThePageOfThisMachineOnly() throws IOException {
        assertThat(address.getHost()).isEqualTo("127.0.0.1");
        assertThat(address.getPath()).matches("/[0-9a-f]{32}/");
        assertThat(answer("GET", address.getPath(), host))
                .startsWith("HTTP/1.1 200 ")
                .contains("default-src 'none'", "; connect-src 'self'", "frame-ancestors 'none'")
                .doesNotContainIgnoringCase("Access-Control-Allow", "unsafe");
    }

    @Test
    void otherTokensHostsOriginsAndMethodsFindNothing() throws IOException {
        page.stoppable(stopped::countDown, "Nothing is kept.");
        String path = address.getPath();
        String other = (path.charAt(1) == '0' ? "/1" : "/0") + path.substring(2);
        String stop = path + "stop";

        assertThat(List.of(
                        answer("GET", "/", host),
                        answer("GET", other, host),
                        answer("POST", other + "stop", host),
                        answer("GET", path, "evil.example:" + address.getPort()),
                        answer("GET", path, "127.0.0.1"),
                        answer("POST", stop, host, "Origin: http://evil.example"),
                        answer("POST", stop, host, "Host: evil.example"),
                        answer("GET", stop, host),
                        answer("POST", path, host)))
                .allMatch(answer -> answer.startsWith("HTTP/1.1 404 "))
                .noneMatch(answer -> answer.contains("wsvd"));
        assertThat(stopped.getCount()).isOne();
    }

    @Test
    void thePageIsToldTheNewestAndAtLastTheReport() throws IOException {
        CompressionStats stats = ReportedStats.full(List.of("conv1", "<b>conv2"));
        page.onEvent(new Advanced(0.25, Optional.of(Duration.ofSeconds(70)), Stage.EVALUATE, "conv1"));
        page.onEvent(new Evaluated("conv1, input-channel rank 2", 0.875));
        page.onEvent(new Drafted(() -> stats));
        page.finish(JsonStats.toJson(stats));

        String told = answer("GET", address.getPath() + "events", host);
        assertThat(told)
                .contains("text/event-stream", "event: report\n", "event: status\n")
                .contains("data:   \"share\": 0.25,", "data:   \"left\": 70.0,", "\"evaluating conv1\"")
                .contains("\"conv1, input-channel rank 2\", \"score\": 0.875")
                .contains("\"end\": \"done\"")
                .doesNotContain("event: draft");
        assertThat(told.lines()
                        .dropWhile(line -> !line.equals("event: report"))
                        .skip(1)
                        .takeWhile(line -> line.startsWith("data: "))
                        .map(line -> line.substring(6))
                        .collect(Collectors.joining("\n", "", "\n")))
                .isEqualTo(JsonStats.toJson(stats));
    }

    @Test
    void aPageThatIsClosedIsServedNoMore() {
        page.close();

        assertThatThrownBy(() -> answer("GET", address.getPath(), host)).isInstanceOf(IOException.class);
    }

    @Test
    void aPostWithTheTokenStopsTheRunOnce() throws Exception {
        AtomicInteger stops = new AtomicInteger();
        page.stoppable(
                () -> {
                    stops.incrementAndGet();
                    stopped.countDown();
                },
                "Scores are kept.");
        for (int i = 0; i < 2; i++) {
            assertThat(answer("POST", address.getPath() + "stop", host, "Origin: http://" + host))
                    .startsWith("HTTP/1.1 202 ");
        }
        stopped.await();

        page.finish("{}");
        assertThat(answer("GET", address.getPath() + "events", host))
                .contains("\"kept\": \"Scores are kept.\"", "\"end\": \"stopped\"")
                .doesNotContain("event: report");
        assertThat(stops).hasValue(1);
    }

    /** A run that was told to stop does not go on as if nobody had. */
    @Test
    void whileItIsStoppedARunIsHeld() throws Exception {
        CountDownLatch ending = new CountDownLatch(1);
        page.stoppable(
                () -> {
                    stopped.countDown();
                    awaitQuietly(ending);
                },
                "");
        answer("POST", address.getPath() + "stop", host);
        stopped.await();
        Thread run = new Thread(() -> page.finish("{}"));
        run.start();
        run.join(300);
        assertThat(run.isAlive()).isTrue();

        ending.countDown();
        run.join();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aPortThatIsTakenIsTold() {
        int port = address.getPort();

        assertThatThrownBy(() -> LivePage.open(port))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The page cannot be served at port " + port
                        + ": Address already in use. Maybe give another port, or none to take one that is free.");
    }

    /** All that is answered, with headers as they are sent: clients of Java's own do not send any host. */
    private String answer(String method, String path, String named, String... headers) throws IOException {
        try (Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), address.getPort())) {
            OutputStream out = socket.getOutputStream();
            String more = List.of(headers).stream().map(line -> line + "\r\n").collect(Collectors.joining());
            out.write((method + " " + path + " HTTP/1.1\r\nHost: " + named
                            + "\r\nConnection: close\r\nContent-Length: 0\r\n" + more + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
