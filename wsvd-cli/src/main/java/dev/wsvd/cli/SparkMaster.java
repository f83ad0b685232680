package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The master of a cluster, as Spark's users name it. What Spark would say of a wrong one is long, and late. */
record SparkMaster(String url) {
    private static final Pattern LOCAL =
            Pattern.compile("local(\\[(\\*|[1-9]\\d*)(,[1-9]\\d*)?]|-cluster\\[[1-9]\\d*,[1-9]\\d*,[1-9]\\d*])?");
    /** The host by name, or by number, which is in brackets where it has colons. */
    private static final String ADDRESS = "(?:\\[[^]/]+]|[^/,:]+):\\d{1,5}";

    private static final Pattern STANDALONE = Pattern.compile("spark://(" + ADDRESS + "(," + ADDRESS + ")*)");
    private static final Pattern KUBERNETES = Pattern.compile("k8s://.+");
    private static final int WAIT_MILLIS = 10_000;

    /**
     * Refuses one that Spark does not know.
     *
     * @param environment in which Hadoop's settings are named, for YARN, unless Spark's own settings may do that
     * @throws InvalidInputException if it is none
     */
    void requireKnown(Map<String, String> environment) {
        if (url.equals("yarn")) {
            if (Stream.of("HADOOP_CONF_DIR", "YARN_CONF_DIR", "SPARK_CONF_DIR").noneMatch(environment::containsKey)
                    && !Files.exists(Path.of(environment.getOrDefault("SPARK_HOME", ""), "conf", "spark-env.sh"))) {
                throw new InvalidInputException(
                        "--spark yarn needs HADOOP_CONF_DIR or YARN_CONF_DIR, and neither is set. Maybe set one to the"
                                + " folder of Hadoop's settings.");
            }
        } else if (Stream.of(LOCAL, STANDALONE, KUBERNETES)
                .noneMatch(known -> known.matcher(url).matches())) {
            throw new InvalidInputException("--spark takes a master's URL, such as spark://host:7077, yarn,"
                    + " k8s://https://host:6443 or local[4], found '" + url + "'.");
        }
    }

    /**
     * Tries whether a standalone master answers.
     *
     * @throws WsvdException if none does
     */
    void requireAnswer() {
        Matcher standalone = STANDALONE.matcher(url);
        if (!standalone.matches()) {
            return;
        }
        List<String> addresses = List.of(standalone.group(1).split(","));
        String why = "";
        for (String address : addresses) {
            int colon = address.lastIndexOf(':');
            int port = Integer.parseInt(address.substring(colon + 1));
            if (port > 65_535) {
                throw new InvalidInputException("A port is at most 65535, found '" + url + "'.");
            }
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address.substring(0, colon), port), WAIT_MILLIS);
                return;
            } catch (UnknownHostException e) {
                why = "the host is not known";
            } catch (IOException e) {
                why = e.getMessage();
            }
        }
        throw new WsvdException("No master of Spark answers at '" + url + "': " + why + ".");
    }
}
