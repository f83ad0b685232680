package dev.wsvd.spark.internal;

import dev.wsvd.cli.ExecutorCommand;
import dev.wsvd.domain.spi.Cluster;
import dev.wsvd.domain.spi.LayerFactorizer;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.spark.CompressorFactory;
import dev.wsvd.spark.SharedFiles;
import dev.wsvd.spark.SparkCalibration;
import dev.wsvd.spark.SparkFactorization;
import dev.wsvd.spark.SparkPlanEvaluator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;

/** The command {@code wsvd} where {@code spark-submit} started it. */
public final class SparkCluster implements Cluster {
    /** {@code spark-submit} sets it. */
    private static final String STARTED = "spark.submit.deployMode";

    @Override
    public boolean isHere() {
        return System.getProperty(STARTED) != null;
    }

    @Override
    public <M> Executors<M> executors(Map<String, Path> files, List<String> words, OptionalInt atOnce) {
        JavaSparkContext spark = JavaSparkContext.fromSparkContext(SparkContext.getOrCreate());
        // It says why nothing goes on where there is no executor.
        Configurator.setLevel("org.apache.spark.scheduler.TaskSchedulerImpl", Level.WARN);
        return new OnSpark<>(
                spark, SharedFiles.of(spark, files), new OfCommand<M>(new ArrayList<>(words), properties()), atOnce);
    }

    /** What the command is told by properties of the JVM. */
    private static TreeMap<String, String> properties() {
        TreeMap<String, String> properties = new TreeMap<>();
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("wsvd."))
                .forEach(name -> properties.put(name, System.getProperty(name)));
        return properties;
    }

    private record OnSpark<M>(
            JavaSparkContext spark, SharedFiles files, CompressorFactory<M> factory, OptionalInt atOnce)
            implements Executors<M> {
        @Override
        public PlanEvaluator<M> planEvaluator() {
            SparkPlanEvaluator<M> some = SparkPlanEvaluator.of(spark, files, factory);
            return atOnce.isPresent() ? some.atOnce(atOnce.getAsInt()) : some;
        }

        @Override
        public LayerFactorizer<M> layerFactorizer() {
            SparkFactorization<M> some = SparkFactorization.of(spark, files, factory);
            return atOnce.isPresent() ? some.atOnce(atOnce.getAsInt()) : some;
        }

        @Override
        public void learnMoments(MomentsStore to) {
            SparkCalibration.of(spark, files, factory).save(to);
        }
    }

    /** What the words of a command say, and its properties. */
    private record OfCommand<M>(ArrayList<String> words, TreeMap<String, String> properties)
            implements CompressorFactory<M> {
        private static final long serialVersionUID = 1L;

        /** The models of one command are of one kind. */
        @Override
        @SuppressWarnings("unchecked")
        public ModelCompressor<M> open(Path files, Consumer<AutoCloseable> closed) {
            properties.forEach(System::setProperty);
            return (ModelCompressor<M>) ExecutorCommand.compressor(words, files, closed);
        }
    }
}
