using CsCheck;
using Mlorq.TestKit;

namespace Mlorq.Vision.Tests;

public sealed class PreprocessingJsonTests
{
    [Fact]
    public void The_form_is_pinned() => Assert.Equal(
        """{"resize":248,"crop":224,"interpolation":"bicubic","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225],"channels":3,"layout":"nchw"}""",
        Preprocessing.ForInput(224, 224, 3).ToJson());

    [Fact]
    public void What_is_written_is_read_back_equal()
    {
        var size = Gen.Select(Gen.Int[1, 999], Gen.Int[1, 999], (w, h) => new PictureSize(w, h));
        Gen.Select(size, size, Gen.Int[0, 2], Gen.Int[0, 2], Gen.Enum<Interpolation>(), Gen.Enum<Layout>(), Gen.Float[0.001f, 2f])
            .Sample((resize, crop, resizeKind, cropKind, interpolation, layout, number) =>
            {
                var p = new Preprocessing
                {
                    Resize = resizeKind switch { 0 => null, 1 => new ResizeRule.ShorterSide(resize.Width), _ => new ResizeRule.Exact(resize.Width, resize.Height) },
                    Crop = cropKind switch { 0 => null, 1 => PictureSize.Square(crop.Width), _ => crop },
                    Interpolation = interpolation,
                    Layout = layout,
                    Mean = [number],
                    Std = [number, number, number],
                };
                Assert.Equal(p, Preprocessing.Parse(p.ToJson()));
                Assert.Equal(p, Preprocessing.Parse(p.ToJson(), Preprocessing.ForInput(224, 224, 3)));
                Assert.Equal(p.GetHashCode(), Preprocessing.Parse(p.ToJson()).GetHashCode());
                Assert.NotEqual(p, p with { Mean = [number + 1] });
            });
    }

    [Fact]
    public void The_samples_file_is_read()
    {
        var p = Preprocessing.Load(TestFiles.Repository("samples/vit-fashion/preprocessing.json"));
        Assert.Equal(Preprocessing.ForInput(28, 28, 1) with { Mean = [0.2860f], Std = [0.3530f] }, p);
    }

    [Fact]
    public void Missing_fields_come_from_the_defaults()
    {
        var defaults = Preprocessing.ForInput(224, 224, 3);
        Assert.Equal(defaults with { Resize = new ResizeRule.ShorterSide(256) }, Preprocessing.Parse("""{"resize": 256}""", defaults));
        Assert.Equal(defaults with { Crop = null, Resize = new ResizeRule.Exact(224, 192) }, Preprocessing.Parse("""{"resize": "224x192"}""", defaults));
        Assert.Equal([0f], Preprocessing.Parse("""{"channels": 1}""", defaults).Mean);
        Assert.Equal(defaults, Preprocessing.Parse("{}", defaults));
    }

    [Fact]
    public void All_violations_are_in_one_message()
    {
        var e = Assert.Throws<PreprocessingException>(() => Preprocessing.Parse(
            """{"size": 3, "resize": -1, "crop": "3x", "interpolation": "cubic", "mean": ["a"], "std": true, "channels": 1.5, "layout": null}"""));
        Assert.Equal(
            "The preprocessing is not valid: 'size' is not a field; the fields are resize, crop, interpolation, mean, std, channels, layout. "
            + "resize is -1; it must be the shorter side such as 248, or \"WIDTHxHEIGHT\" (at least 1). "
            + "crop is \"3x\"; it must be a side such as 224, or \"WIDTHxHEIGHT\" (at least 1). "
            + "interpolation is \"cubic\"; it must be one of nearest, bilinear, bicubic, lanczos. "
            + "mean is [\"a\"]; it must be a number or a list of numbers. std is true; it must be a number or a list of numbers. "
            + "channels is 1.5; it must be 1 or 3. layout is null; it must be one of nchw, nhwc.",
            e.Message);
    }

    [Theory]
    [InlineData("""{"channels": 4}""", "channels is 4; 1 (grey) or 3 (RGB) are possible.")]
    [InlineData("""{"mean": [0.1, 0.2]}""", "mean has 2 numbers; it needs 1 or as many as channels (3).")]
    [InlineData("""{"std": [0.1, 0, 0.2]}""", "every number must be above 0.")]
    [InlineData("""{"mean": 1e99}""", "every number must be finite.")]
    [InlineData("""{"crop": 1, "crop": 2}""", "'crop' is given 2 times.")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{\n\"crop\": }", "is not valid JSON (line 2,")]
    [InlineData("", "is not valid JSON (line 1,")]
    public void Wrong_JSON_is_refused(string json, string part) =>
        Assert.Contains(part, Assert.Throws<PreprocessingException>(() => Preprocessing.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named()
    {
        var e = Assert.Throws<PreprocessingException>(() => Preprocessing.Load("/nowhere/p.json"));
        Assert.StartsWith("The preprocessing file '/nowhere/p.json' cannot be read: ", e.Message, StringComparison.Ordinal);
    }
}
