// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITermLendingPool} from "../../../../contracts/interfaces/ITermLendingPool.sol";
import {PoolDeployer} from "../../../../contracts/lending/PoolDeployer.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice A pool made in one transaction names its tranches and queue, and they name it.
contract PoolDeployerTest is Market {
    function _setup(bool firstLoss) private view returns (PoolDeployer.Setup memory s) {
        (s.asset, s.manager, s.authority) = (IERC20Metadata(address(usd)), address(manager), address(access));
        s.firstLoss = firstLoss;
        if (firstLoss) (s.exitCooldown, s.exitWindow) = (COOLDOWN, WINDOW);
        (s.name, s.symbol) = ("Ballast Dollar", "bUSD");
        (s.capital, s.reserveFeeBps, s.fixedRatePerSecond) = (address(0xca9), 1234, 5678);
        if (firstLoss) (s.juniorSpreadBps, s.coverPremiumBps) = (2100, 700);
    }

    function _deploy(bool firstLoss) private returns (PoolDeployer) {
        string memory code = "contracts/lending/LendingPoolDeployer.sol:LendingPoolDeployer";
        return PoolDeployer(deployCode(code, abi.encode(_setup(firstLoss))));
    }

    function _assertNamed(ILendingPool made, TrancheClass class, address tranche, string memory symbol) private view {
        assertEq(made.tranche(class), tranche);
        assertEq(ITranche(tranche).pool(), address(made));
        assertEq(uint8(ITranche(tranche).class()), uint8(class));
        assertEq(IERC20Metadata(tranche).symbol(), symbol);
    }

    function test_all_three_classes_and_the_queue_are_the_pools_own() public {
        PoolDeployer deployer = _deploy(true);
        ILendingPool made = ILendingPool(deployer.POOL());
        _assertNamed(made, TrancheClass.Senior, address(deployer.SENIOR()), "bUSD");
        _assertNamed(made, TrancheClass.Junior, address(deployer.JUNIOR()), "j-bUSD");
        _assertNamed(made, TrancheClass.Cover, address(deployer.COVER()), "c-bUSD");
        assertEq(made.asset(), address(usd));
        assertEq(made.manager(), address(manager));
        assertEq(IAccessManaged(address(made)).authority(), address(access));
        assertEq(made.capital(), address(0xca9));
        assertEq(made.reserveFeeBps(), 1234);
        assertEq(made.fixedRatePerSecond(), 5678);
        (uint256 spread, uint256 premium) = made.firstLossTerms();
        assertEq(spread, 2100);
        assertEq(premium, 700);
        assertEq(made.queue(), address(deployer.QUEUE()));
        assertEq(deployer.QUEUE().pool(), address(made));
    }

    function test_without_first_loss_there_is_the_senior_class_alone_and_its_queue() public {
        PoolDeployer deployer = _deploy(false);
        ILendingPool made = ILendingPool(deployer.POOL());
        _assertNamed(made, TrancheClass.Senior, address(deployer.SENIOR()), "bUSD");
        assertEq(made.tranche(TrancheClass.Junior), address(0));
        assertEq(made.tranche(TrancheClass.Cover), address(0));
        assertEq(deployer.QUEUE().pool(), address(made));
    }

    function test_a_term_pool_is_made_with_its_book() public {
        string memory code = "contracts/lending/TermLendingPoolDeployer.sol:TermLendingPoolDeployer";
        address book = makeAddr("book");
        PoolDeployer deployer = PoolDeployer(deployCode(code, abi.encode(_setup(true), book)));
        ITermLendingPool made = ITermLendingPool(deployer.POOL());
        assertEq(made.book(), book);
        assertEq(made.tranche(TrancheClass.Senior), address(deployer.SENIOR()));
    }

    function test_a_pool_that_is_elsewhere_is_refused() public {
        address self = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        address expected = vm.computeCreateAddress(self, 5);
        vm.expectRevert(abi.encodeWithSelector(PoolDeployer.UnexpectedAddress.selector, expected, self));
        new Astray(_setup(true));
    }
}

/// @notice Takes itself for its pool.
contract Astray is PoolDeployer {
    constructor(Setup memory s) PoolDeployer(s) {
        _requireExpected(IPoolLedger(address(this)));
    }
}
