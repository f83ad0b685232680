def original = new File(basedir, "../../../../demo/fashion-resnet.onnx")
def small = new File(basedir, "target/small.onnx")
assert small.length() < 0.8 * original.length()
assert new File(basedir, "build.log").text =~ /MACs: 0\.[0-9]+ of the original/
