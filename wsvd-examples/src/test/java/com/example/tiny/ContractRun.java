package com.example.tiny;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.HashMap;
import java.util.Map;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * What became of the tests of a contract.
 *
 * @param failed by method, or by name for a dynamic test: the message
 * @param skipped the same: the reason
 */
record ContractRun(int succeeded, Map<String, String> failed, Map<String, String> skipped) {
    static ContractRun of(Class<?> contract) {
        return of(selectClass(contract));
    }

    static ContractRun of(Class<?> contract, String method) {
        return of(selectMethod(contract, method));
    }

    private static ContractRun of(DiscoverySelector tests) {
        Map<String, String> failed = new HashMap<>();
        Map<String, String> skipped = new HashMap<>();
        int[] succeeded = new int[1];
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(tests)
                                .build(),
                        new TestExecutionListener() {
                            @Override
                            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                                String message = result.getThrowable()
                                        .map(t -> t instanceof AssertionError || t.getMessage() != null
                                                ? t.getMessage()
                                                : t.toString())
                                        .orElse("");
                                switch (result.getStatus()) {
                                    case FAILED -> failed.putIfAbsent(method(test), message);
                                    case ABORTED -> skipped.putIfAbsent(method(test), message);
                                    default -> succeeded[0] += test.isTest() ? 1 : 0;
                                }
                            }
                        });
        return new ContractRun(succeeded[0], failed, skipped);
    }

    private static String method(TestIdentifier test) {
        boolean dynamic = test.getUniqueId().contains("dynamic-test");
        return test.getSource()
                .filter(source -> !dynamic)
                .filter(MethodSource.class::isInstance)
                .map(source -> ((MethodSource) source).getMethodName())
                .orElse(test.getDisplayName());
    }
}
