// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {LiquidationMath} from "../../../../contracts/liquidation/LiquidationMath.sol";

/// @notice test/vectors/liquidation.json, made by an exact rational model, against LiquidationMath. Tolerance zero.
contract LiquidationVectorsTest is Test {
    string private _json;

    function setUp() public {
        _json = vm.readFile("test/vectors/liquidation.json");
    }

    function test_every_vector_is_met_to_the_unit() public view {
        uint256 read;
        uint256 liquidatable;
        uint256 withLoss;
        uint256 partly;
        for (; vm.keyExistsJson(_json, string.concat(".[", vm.toString(read), "]")); ++read) {
            (bool sold, ILiquidationEngine.Quote memory q) = _meet(read);
            if (!sold) continue;
            ++liquidatable;
            if (q.debtClosed != q.repaid) ++withLoss;
            if (q.repaid != q.allowance) ++partly;
        }
        assertEq(read, 40, "vectors read");
        assertEq(liquidatable, 31, "of them liquidatable");
        assertGt(withLoss, 0, "of them with a loss");
        assertGt(partly, 0, "of them partial");
    }

    function _meet(uint256 i) private view returns (bool liquidatable, ILiquidationEngine.Quote memory q) {
        string memory path = string.concat(".[", vm.toString(i), "].");
        LiquidationMath.Terms memory terms = LiquidationMath.Terms({
            lltv: _uint(path, "lltvWad"),
            targetLtv: _uint(path, "targetLtvWad"),
            incentiveMin: _uint(path, "incentiveMinWad"),
            incentiveMax: _uint(path, "incentiveMaxWad"),
            healthForMax: _uint(path, "healthForMaxIncentiveWad"),
            minDebt: _uint(path, "minDebt"),
            defaultMarked: false,
            secondsOnRamp: 0,
            rampSeconds: 1
        });
        uint256 collateral = _uint(path, "collateral");
        uint256 debt = _uint(path, "debt");
        q = LiquidationMath.quote(collateral, _uint(path, "priceE36"), debt, _request(path), terms);
        assertEq(q.value, _uint(path, "collateralValue"), string.concat(path, "collateralValue"));
        assertEq(q.health, _uint(path, "healthFactorWad"), string.concat(path, "healthFactorWad"));
        liquidatable = debt > LiquidationMath.maxDebtDown(q.value, terms.lltv);
        assertEq(liquidatable, vm.parseJsonBool(_json, string.concat(path, "liquidatable")), path);
        if (!liquidatable) return (false, q);
        assertEq(q.incentive, _uint(path, "incentiveWad"), string.concat(path, "incentiveWad"));
        assertEq(q.allowance, _uint(path, "allowance"), string.concat(path, "allowance"));
        assertEq(q.repaid, _uint(path, "repaid"), string.concat(path, "repaid"));
        assertEq(q.seized, _uint(path, "seized"), string.concat(path, "seized"));
        assertEq(q.debtClosed - q.repaid, _uint(path, "loss"), string.concat(path, "loss"));
        assertEq(debt - q.debtClosed, _uint(path, "debtAfter"), string.concat(path, "debtAfter"));
        assertEq(collateral - q.seized, _uint(path, "collateralAfter"), string.concat(path, "collateralAfter"));
    }

    /// @dev null stands for "as much as allowed".
    function _request(string memory path) private view returns (uint256) {
        string memory field = string.concat(path, "request");
        if (keccak256(bytes(vm.parseJsonString(_json, field))) == keccak256("null")) return type(uint256).max;
        return vm.parseJsonUint(_json, field);
    }

    function _uint(string memory path, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(_json, string.concat(path, field));
    }
}
